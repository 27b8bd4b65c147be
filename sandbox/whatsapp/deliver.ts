/** Stanzas on their way to a companion: kept until it acknowledges them, and sent again at its next login. */
import type { Device, Wire } from './account.ts'
import { childOf, type Stanza, stanza } from './stanza.ts'
import type { World } from './world.ts'

/** Sends now, or queues until it is acknowledged. */
export function deliver(device: Device, given: Stanza): void {
  device.waiting.add(given)
  if (device.wire !== undefined && device.caughtUp) device.wire.send(given)
}

/**
 * The companion has answered with an `<ack>`, or with a `<receipt>` for a message: the oldest of this name has come. There
 * may be another one that has not, such as a second retry receipt for the same message.
 */
export function acknowledged(device: Device, tag: string, id: string | undefined): void {
  const oldest = [...device.waiting].find((given) => given.tag === tag && given.attrs['id'] === id)
  if (oldest !== undefined) device.waiting.delete(oldest)
}

/** Tells how much has gathered while the device was away. */
export function announceOffline(wire: Wire, device: Device): void {
  const counts = { message: 0, receipt: 0, notification: 0 }
  for (const { tag } of device.waiting) if (Object.hasOwn(counts, tag)) counts[tag as keyof typeof counts] += 1
  const attrs = { count: device.waiting.size, appdata: 0, ...counts }
  wire.send(stanza('ib', { from: '@s.whatsapp.net' }, [stanza('offline_preview', attrs)]))
}

/** Sends what has gathered, each stanza marked as offline, then says that this was all. */
export function sendOffline(world: World, wire: Wire, device: Device): void {
  if (device.caughtUp || device.wire !== wire) return
  const count = device.waiting.size
  for (const given of device.waiting) wire.send({ ...given, attrs: { ...given.attrs, offline: '0' } })
  wire.send(stanza('ib', { from: '@s.whatsapp.net' }, [stanza('offline', { count })]))
  device.caughtUp = true
  const line = world.connections.find(({ id }) => id === wire.id)
  if (line !== undefined) line.caughtUpAtMs = performance.now()
  world.events.add({ kind: 'caught_up', number: device.account.number, device: device.id, offline: count })
}

/** Whether an `<ib>` of the client asks for what has gathered. */
export function asksForOffline(given: Stanza): boolean {
  return childOf(given, 'offline_batch') !== undefined
}
