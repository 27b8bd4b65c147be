/** The pre-keys that companions upload, and the bundles that others are given of them. */
import type { Account, Device } from './account.ts'
import type { KeyBundle } from './signal-party.ts'
import {
  bigEndian,
  bytesIn,
  childOf,
  childrenOf,
  deviceOf,
  makeId,
  numberIn,
  type Stanza,
  serverJid,
  stanza,
} from './stanza.ts'
import type { World } from './world.ts'

/** The server asks for more below this many. */
const preKeysLow = 5
const keyType = Buffer.from([5])

export function storePreKeys(world: World, device: Device, query: Stanza): void {
  const keys = childrenOf(childOf(query, 'list'))
  for (const key of keys) device.preKeys.push({ keyId: numberIn(key, 'id'), publicKey: bytesIn(key, 'value') })
  device.registrationId = numberIn(query, 'registration')
  storeSignedPreKey(device, childOf(query, 'skey'))
  world.events.add({ kind: 'pre_keys', number: device.account.number, device: device.id, count: keys.length })
}

export function storeSignedPreKey(device: Device, key: Stanza | undefined): void {
  const signature = bytesIn(key, 'signature')
  device.signedPreKey = { keyId: numberIn(key, 'id'), publicKey: bytesIn(key, 'value'), signature }
}

/** What the server holds of a device, for the device to compare. */
export function digestOf(device: Device): Stanza {
  return stanza('digest', {}, [
    stanza('registration', {}, bigEndian(device.registrationId, 4)),
    stanza('type', {}, keyType),
    stanza('identity', {}, device.identity),
    signedPreKeyStanza(device.signedPreKey),
    stanza(
      'list',
      {},
      device.preKeys.map(({ keyId }) => stanza('id', {}, bigEndian(keyId, 3))),
    ),
  ])
}

/** A companion's bundle with one of its pre-keys, which nobody else gets; without one when they have run out. */
export function takeBundle(device: Device): KeyBundle {
  const preKey = device.preKeys.shift()
  if (device.preKeys.length < preKeysLow && device.caughtUp) {
    const low = stanza('count', { value: device.preKeys.length })
    device.wire?.send(stanza('notification', { from: serverJid, type: 'encrypt', id: makeId() }, [low]))
  }
  return { registrationId: device.registrationId, identity: device.identity, signedPreKey: device.signedPreKey, preKey }
}

/** `<user>` with the bundle of a device, for a query by jid; undefined when nobody has it. */
export async function bundleStanza(world: World, jid: string): Promise<Stanza | undefined> {
  const account = world.accountAt(jid)
  const device = world.deviceAt(jid)
  if (account === undefined || (deviceOf(jid) !== 0 && device === undefined)) return undefined
  const bundle = device === undefined ? await account.party.bundle() : takeBundle(device)
  return stanza('user', { jid }, bundleParts(bundle))
}

/** The bundle as it travels in an answer and, as `<keys>`, in a retry receipt. */
export function bundleParts({ registrationId, identity, signedPreKey, preKey }: KeyBundle): Stanza[] {
  const parts = [
    stanza('registration', {}, bigEndian(registrationId, 4)),
    stanza('type', {}, keyType),
    stanza('identity', {}, identity),
    signedPreKeyStanza(signedPreKey),
  ]
  if (preKey === undefined) return parts
  const { keyId, publicKey } = preKey
  return [...parts, stanza('key', {}, [stanza('id', {}, bigEndian(keyId, 3)), stanza('value', {}, publicKey)])]
}

/** The bundle that a companion puts into a retry receipt; undefined when it has put none. */
export function bundleIn(receipt: Stanza): KeyBundle | undefined {
  const keys = childOf(receipt, 'keys')
  if (keys === undefined) return undefined
  const [skey, key] = [childOf(keys, 'skey'), childOf(keys, 'key')]
  return {
    registrationId: numberIn(receipt, 'registration'),
    identity: bytesIn(keys, 'identity'),
    signedPreKey: {
      keyId: numberIn(skey, 'id'),
      publicKey: bytesIn(skey, 'value'),
      signature: bytesIn(skey, 'signature'),
    },
    preKey: key && { keyId: numberIn(key, 'id'), publicKey: bytesIn(key, 'value') },
  }
}

/** Makes sure that a phone has a session with a companion, from a bundle given or taken from the server. */
export async function haveSession(account: Account, device: Device, fresh?: KeyBundle): Promise<void> {
  const jid = device.account.lidJid(device.id)
  if (fresh !== undefined) await account.party.beginSession(jid, fresh)
  else if (!(await account.party.hasSession(jid))) await account.party.beginSession(jid, takeBundle(device))
}

function signedPreKeyStanza({ keyId, publicKey, signature }: KeyBundle['signedPreKey']): Stanza {
  return stanza('skey', {}, [
    stanza('id', {}, bigEndian(keyId, 3)),
    stanza('value', {}, publicKey),
    stanza('signature', {}, signature),
  ])
}
