/** The end of a link: by the phone, or by the companion itself when it logs out. */
import type { Device } from './account.ts'
import type { World } from './world.ts'

export function unlink(world: World, device: Device, by: 'phone' | 'companion'): void {
  device.account.devices.delete(device.id)
  device.linked = false
  world.events.add({ kind: 'unlinked', number: device.account.number, device: device.id, by })
  if (by === 'phone') device.wire?.endStream(401)
}
