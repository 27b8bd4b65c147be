/** What companions send: messages to phones and to other companions, and receipts. */
import type { Device } from './account.ts'
import { acknowledged, deliver } from './deliver.ts'
import { writeAgain } from './phone-messages.ts'
import { receiveOnPhone } from './receive-on-phone.ts'
import { childOf, childrenOf, deviceOf, type Stanza, seconds, stanza } from './stanza.ts'
import { linkedDevices, type World } from './world.ts'

/** Acknowledges a message and takes each ciphertext in it to the device that it is for. */
export async function relayMessage(world: World, sender: Device, given: Stanza): Promise<void> {
  const { id = '', to = '' } = given.attrs
  const { number } = sender.account
  const fault = world.faults.take(['refuse_message', 'lose_ack'], number)
  const error = fault?.kind === 'refuse_message' ? fault.code : undefined
  if (fault?.kind !== 'lose_ack') {
    sender.wire?.send(stanza('ack', { class: 'message', id, from: to, t: seconds(), error }))
  }
  if (error !== undefined) {
    world.events.add({ kind: 'message_refused', number, device: sender.id, id, code: error })
    return
  }
  world.events.add({ kind: 'message', number, device: sender.id, id })
  for (const { jid, enc } of ciphertextsIn(given)) {
    const account = world.accountAt(jid)
    const device = world.deviceAt(jid)
    if (account === undefined) continue
    if (deviceOf(jid) === 0) await receiveOnPhone(world, account, { sender, id, chat: to, enc })
    else if (device !== undefined) deliver(device, forCompanion(sender, device, given, enc))
  }
}

/** Takes a companion's receipt to the phone that wrote the message, or to the companion that did. */
export async function relayReceipt(world: World, sender: Device, given: Stanza): Promise<void> {
  const { id = '', to = '', type, participant, recipient } = given.attrs
  acknowledged(sender, 'message', id)
  sender.wire?.send(stanza('ack', { class: 'receipt', id, from: to, type, participant, recipient }))
  const account = world.accountAt(participant ?? to)
  if (account === undefined || account === sender.account) return
  const from = sender.account.number
  const ids = [id, ...childrenOf(childOf(given, 'list')).map(({ attrs }) => attrs['id'] ?? '')]
  for (const written of ids) {
    if (type === undefined || type === 'inactive') {
      account.inbox.add({ kind: 'delivered', id: written, from, active: type === undefined })
    } else if (type === 'read') account.inbox.add({ kind: 'read', id: written, from })
  }
  if (type === 'retry' && account.sent.has(id)) {
    sender.askedAgain.add(id)
    const count = Number(childOf(given, 'retry')?.attrs['count'] ?? 1)
    account.inbox.add({ kind: 'retry_asked', id, from, count })
    await writeAgain(account, sender, given)
    return
  }
  const attrs = {
    ...given.attrs,
    to: undefined,
    from: sender.account.jid(type === 'retry' ? sender.id : 0),
    t: seconds(),
  }
  for (const device of linkedDevices(account)) {
    deliver(device, stanza('receipt', attrs, given.content))
  }
}

function ciphertextsIn(given: Stanza): { jid: string; enc: Stanza }[] {
  const direct = childOf(given, 'enc')
  if (direct !== undefined) return [{ jid: given.attrs['to'] ?? '', enc: direct }]
  return childrenOf(childOf(given, 'participants')).flatMap((to) => {
    const enc = childOf(to, 'enc')
    return enc === undefined ? [] : [{ jid: to.attrs['jid'] ?? '', enc }]
  })
}

function forCompanion(sender: Device, device: Device, given: Stanza, enc: Stanza): Stanza {
  const isOwn = sender.account === device.account
  const attrs = {
    id: given.attrs['id'],
    from: sender.account.jid(sender.id),
    sender_lid: sender.account.lidJid(),
    recipient: isOwn ? given.attrs['to'] : undefined,
    type: given.attrs['type'],
    t: seconds(),
    notify: sender.account.name,
  }
  const identity = childOf(given, 'device-identity')
  return stanza('message', attrs, identity === undefined ? [enc] : [enc, identity])
}
