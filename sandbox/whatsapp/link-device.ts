/**
 * Linking a companion: by a code that the person types into the phone, or by a QR code that the phone scans. The
 * phone's half is done here, too; that is where a wrong code fails, since nobody else can tell.
 */
import { randomBytes } from 'node:crypto'
import { aesDecryptCTR, aesDecryptGCM, aesEncryptCTR, Curve, derivePairingCodeKey, hkdf } from '@whiskeysockets/baileys'
import type { Account, CodeRequest, Companion } from './account.ts'
import { isSignedByDevice, signedDeviceIdentity } from './device-identity.ts'
import { bytesIn, childOf, errorOf, makeId, resultOf, type Stanza, serverJid, stanza, userOf } from './stanza.ts'
import type { World } from './world.ts'

/** `gone`: the companion closed its connection before it was linked. */
export type LinkOutcome = 'linked' | 'wrong_code' | 'nobody_asked' | 'bad_signature' | 'gone'

/** The first message of a companion that wants to be linked by code. */
export function companionHello(world: World, companion: Companion, query: Stanza): Stanza {
  const request = childOf(query, 'link_code_companion_reg')
  const jid = request?.attrs['jid'] ?? ''
  const number = userOf(jid)
  const fault = world.faults.take(['refuse_code'], number)
  const code = /^\d{7,15}$/.test(number) ? fault?.code : 400
  if (code !== undefined) {
    world.events.add({ kind: 'code_refused', number, code })
    return errorOf(query, code, code === 429 ? 'rate-overlimit' : 'bad-request')
  }
  if (!bytesIn(request, 'companion_server_auth_key_pub').equals(companion.noiseKey)) {
    return errorOf(query, 400, 'bad-request')
  }
  const ref = makeId('2@')
  const wrappedEphemeral = bytesIn(request, 'link_code_pairing_wrapped_companion_ephemeral_pub')
  world.account(number).codeRequest = { companion, ref, wrappedEphemeral, finish: undefined }
  world.events.add({ kind: 'code_requested', number })
  const answer = [stanza('link_code_pairing_ref', {}, Buffer.from(ref))]
  return resultOf(query, [stanza('link_code_companion_reg', { stage: 'companion_hello' }, answer)])
}

/** The last message of the companion; the server cannot open it and hands it to the phone. */
export function companionFinish(world: World, query: Stanza): Stanza {
  const request = childOf(query, 'link_code_companion_reg')
  const waiting = world.accountAt(request?.attrs['jid'] ?? '')?.codeRequest
  const wrapped = bytesIn(request, 'link_code_pairing_wrapped_key_bundle')
  waiting?.finish?.({ wrapped, identity: bytesIn(request, 'companion_identity_public') })
  return resultOf(query)
}

/** The person types the code into the phone. */
export async function enterCode(world: World, account: Account, code: string): Promise<LinkOutcome> {
  const request = account.codeRequest
  if (request === undefined || !world.companions.has(request.companion.wire)) return 'nobody_asked'
  const wrapped = request.wrappedEphemeral
  const salt = wrapped.subarray(0, 32)
  const typed = code.replaceAll('-', '').toUpperCase()
  const key = await derivePairingCodeKey(typed, salt)
  const companionEphemeral = Buffer.from(aesDecryptCTR(wrapped.subarray(48, 80), key, wrapped.subarray(32, 48)))
  const ephemeral = Curve.generateKeyPair()
  const finished = new Promise<{ wrapped: Buffer; identity: Buffer }>((resolve) => {
    request.finish = resolve
  })
  request.companion.wire.send(await primaryHello(account, request, typed, ephemeral.public))
  const bundle = await Promise.race([finished, request.companion.wire.closed])
  if (bundle === undefined) return 'gone'
  const shared = Curve.sharedKey(ephemeral.private, companionEphemeral)
  const random = openBundle(shared, bundle.wrapped, request.companion.identity, account)
  if (random === undefined) return 'wrong_code'
  account.codeRequest = undefined
  const identityShared = Curve.sharedKey(account.party.identity.private, bundle.identity)
  const secret = hkdf(Buffer.concat([shared, identityShared, random]), 32, { info: 'adv_secret' })
  return completeLink(world, account, request.companion, Buffer.from(secret))
}

/** The service wants a pairing code shown anew; this version of the client cannot read that. */
export function refreshCode(account: Account): void {
  const request = account.codeRequest
  if (request === undefined) return
  const ref = stanza('link_code_pairing_ref', {}, Buffer.from(request.ref))
  const refresh = stanza('link_code_companion_reg', { stage: 'refresh_code' }, [ref])
  const attrs = { from: serverJid, type: 'link_code_companion_reg', id: makeId() }
  request.companion.wire.send(stanza('notification', attrs, [refresh]))
}

/** The phone scans a QR code of a companion. */
export async function scanQr(world: World, account: Account, qr: string): Promise<LinkOutcome> {
  const [ref = '', noiseKey = '', identity = '', secret = ''] = qr.slice(qr.indexOf('#') + 1).split(',')
  const companion = [...world.companions.values()].find(({ refs }) => refs.includes(ref))
  if (companion === undefined) return 'nobody_asked'
  if (companion.noiseKey.toString('base64') !== noiseKey || companion.identity.toString('base64') !== identity) {
    return 'bad_signature'
  }
  return completeLink(world, account, companion, Buffer.from(secret, 'base64'))
}

async function primaryHello(
  account: Account,
  request: CodeRequest,
  code: string,
  ephemeral: Uint8Array,
): Promise<Stanza> {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const wrapped = Buffer.concat([salt, iv, aesEncryptCTR(ephemeral, await derivePairingCodeKey(code, salt), iv)])
  const parts = [
    stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
    stanza('primary_identity_pub', {}, account.party.identity.public),
    stanza('link_code_pairing_ref', {}, Buffer.from(request.ref)),
  ]
  const hello = stanza('link_code_companion_reg', { stage: 'primary_hello' }, parts)
  return stanza('notification', { from: serverJid, type: 'link_code_companion_reg', id: makeId() }, [hello])
}

/** The random part that the companion sent under the shared key; undefined when the code was another one. */
function openBundle(shared: Buffer, wrapped: Buffer, identity: Buffer, account: Account): Buffer | undefined {
  const info = 'link_code_pairing_key_bundle_encryption_key'
  const key = hkdf(shared, 32, { salt: wrapped.subarray(0, 32), info })
  try {
    const opened = aesDecryptGCM(wrapped.subarray(44), key, wrapped.subarray(32, 44), Buffer.alloc(0))
    const claimed = Buffer.concat([identity, account.party.identity.public])
    return opened.subarray(0, 64).equals(claimed) ? opened.subarray(64) : undefined
  } catch {
    return undefined
  }
}

/** Tells the companion whose device it is, verifies its signature, and asks it to connect anew. */
async function completeLink(
  world: World,
  account: Account,
  companion: Companion,
  advSecret: Buffer,
): Promise<LinkOutcome> {
  const device = account.addDevice(companion)
  const { details, sealed } = signedDeviceIdentity(account, device, advSecret)
  const success = stanza('pair-success', {}, [
    stanza('device-identity', {}, sealed),
    stanza('device', { jid: account.jid(device.id), lid: account.lidJid(device.id) }),
    stanza('platform', { name: 'android' }),
  ])
  const { wire } = companion
  const outcome = await wire
    .query(stanza('iq', { from: serverJid, type: 'set', xmlns: 'md', id: makeId() }, [success]))
    .then((answer): LinkOutcome => {
      const signed = bytesIn(childOf(answer, 'pair-device-sign'), 'device-identity')
      return isSignedByDevice(account, device, details, signed) ? 'linked' : 'bad_signature'
    })
    .catch((): LinkOutcome => 'gone')
  if (outcome !== 'linked') {
    account.devices.delete(device.id)
    if (outcome === 'bad_signature') wire.fail(401)
    return outcome
  }
  device.linked = true
  world.events.add({ kind: 'linked', number: account.number, device: device.id })
  wire.endStream(515)
  return 'linked'
}
