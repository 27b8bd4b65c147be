/** The life of a connection after the handshake: registration or login, the stanzas, the end. */
import type { proto } from '@whiskeysockets/baileys'
import { generateSignalPubKey } from '@whiskeysockets/baileys'
import type { Companion, Device } from './account.ts'
import { answerQuery } from './answer-query.ts'
import type { Connection, Rules } from './connection.ts'
import { acknowledged, asksForOffline, sendOffline } from './deliver.ts'
import { relayMessage, relayReceipt } from './relay.ts'
import { childrenOf, makeId, type Stanza, seconds, serverJid, stanza } from './stanza.ts'
import { sendHistory } from './sync-device.ts'
import { verifySignature } from './verify-signature.ts'
import type { World } from './world.ts'

const refCount = 6

export const rules: Rules = {
  began(world, connection, { payload, noiseKey }) {
    if (isTooOld(world, payload)) connection.fail(405)
    else if (payload.devicePairingData) register(world, connection, payload.devicePairingData, noiseKey)
    else login(world, connection, payload, noiseKey)
  },

  async received(world, connection, given) {
    const { device } = connection
    if (given.tag === 'iq') {
      const answer = await answerQuery(world, connection, given)
      if (answer !== undefined) connection.send(answer)
      return
    }
    if (device === undefined) return
    if (given.tag === 'message') await relayMessage(world, device, given)
    else if (given.tag === 'receipt') await relayReceipt(world, device, given)
    else if (given.tag === 'ack') await onAck(world, device, given)
    else if (given.tag === 'presence') {
      const { number } = device.account
      world.events.add({ kind: 'presence', number, device: device.id, type: given.attrs['type'] ?? '' })
    } else if (given.tag === 'chatstate') {
      const state = childrenOf(given)[0]?.tag ?? ''
      world.accountAt(given.attrs['to'] ?? '')?.inbox.add({ kind: 'typing', from: device.account.number, state })
    } else if (given.tag === 'ib' && asksForOffline(given)) {
      sendOffline(world, connection, device)
      await sendHistory(world, device)
    }
  },

  closed(world, connection) {
    world.companions.delete(connection)
    const { device } = connection
    if (device?.wire !== connection) return
    device.wire = undefined
    device.caughtUp = false
    world.changed({ number: device.account.number, event: undefined })
  },
}

function isTooOld(world: World, payload: proto.ClientPayload): boolean {
  const { primary, secondary, tertiary } = payload.userAgent?.appVersion ?? {}
  const version = [primary ?? 0, secondary ?? 0, tertiary ?? 0]
  const index = version.findIndex((part, position) => part !== world.oldestVersion[position])
  return index >= 0 && (version[index] ?? 0) < (world.oldestVersion[index] ?? 0)
}

/** A client without a login: its keys are checked, and it gets the references of its QR codes. */
function register(
  world: World,
  connection: Connection,
  data: proto.ClientPayload.IDevicePairingRegistrationData,
  noiseKey: Buffer,
): void {
  const fault = world.faults.take(['failure', 'drop_login', 'black_hole'])
  if (fault?.kind === 'failure') connection.fail(fault.code)
  else if (fault?.kind === 'drop_login') connection.drop()
  else if (fault !== undefined) connection.fallSilent()
  if (fault !== undefined) return
  const [identity, publicKey, signature] = [data.eIdent, data.eSkeyVal, data.eSkeySig].map((part) =>
    Buffer.from(part ?? []),
  )
  if (!identity || !publicKey || !signature || !verifySignature(identity, generateSignalPubKey(publicKey), signature)) {
    connection.fail(400)
    return
  }
  const companion: Companion = {
    wire: connection,
    noiseKey,
    identity,
    registrationId: Buffer.from(data.eRegid ?? []).readUIntBE(0, 4),
    signedPreKey: { keyId: Buffer.from(data.eSkeyId ?? []).readUIntBE(0, 3), publicKey, signature },
    refs: Array.from({ length: refCount }, () => makeId('2@')),
  }
  world.companions.set(connection, companion)
  connection.line.registeredAtMs = performance.now()
  const refs = companion.refs.map((ref) => stanza('ref', {}, Buffer.from(ref)))
  const attrs = { from: serverJid, type: 'set', xmlns: 'md', id: makeId() }
  connection.send(stanza('iq', attrs, [stanza('pair-device', {}, refs)]))
  world.events.add({ kind: 'registered', connection: connection.id })
}

function login(world: World, connection: Connection, payload: proto.ClientPayload, noiseKey: Buffer): void {
  const number = String(payload.username ?? '')
  const id = payload.device ?? 0
  connection.line.number = number
  connection.line.device = id
  const fault = world.faults.take(['failure', 'stream_error', 'drop_login', 'black_hole', 'slow'], number)
  const device = world.accountAt(`${number}@s.whatsapp.net`)?.devices.get(id)
  const isKnown = device?.linked === true && device.noiseKey.equals(noiseKey)
  const refusal = fault?.kind === 'failure' ? fault.code : isKnown ? undefined : 401
  if (refusal !== undefined || device === undefined) {
    world.events.add({ kind: 'login_refused', number, device: id, code: refusal ?? 401 })
    connection.fail(refusal ?? 401)
    return
  }
  if (fault?.kind === 'drop_login') connection.drop()
  if (fault?.kind === 'black_hole') connection.fallSilent()
  if (fault?.kind === 'slow') connection.delayMs = fault.delayMs
  welcome(world, connection, device)
  if (fault?.kind === 'stream_error') connection.endStream(fault.code)
}

function welcome(world: World, connection: Connection, device: Device): void {
  device.wire?.endStream(undefined)
  device.wire = connection
  device.caughtUp = false
  device.askedAgain.clear()
  connection.device = device
  connection.line.loggedInAtMs = performance.now()
  const { account, id } = device
  world.events.add({ kind: 'logged_in', number: account.number, device: id, connection: connection.id })
  connection.send(stanza('success', { t: seconds(), props: 27, lid: account.lidJid(id), location: 'fake' }))
  const route = stanza('routing_info', {}, world.route)
  connection.send(stanza('ib', { from: serverJid }, [stanza('edge_routing', {}, [route])]))
}

/**
 * A companion acknowledges a stanza; with an error it could not take a message. One that it has asked for again before it
 * says so may be on its way a second time: that is not what it speaks of.
 */
async function onAck(world: World, device: Device, given: Stanza): Promise<void> {
  const { class: kind = '', id = '', to = '', participant, error } = given.attrs
  if (error === undefined || !device.askedAgain.delete(id)) acknowledged(device, kind, id)
  if (error === undefined) return
  const from = device.account.number
  world.accountAt(participant ?? to)?.inbox.add({ kind: 'refused', id, from, error: Number(error) })
}
