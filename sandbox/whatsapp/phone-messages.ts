/** What a phone writes to companions of others, in a chat, in a group or as a status. */
import type { proto } from '@whiskeysockets/baileys'
import type { Account, Device } from './account.ts'
import { deliver } from './deliver.ts'
import { bundleIn, haveSession } from './key-bundles.ts'
import { textOf } from './message-text.ts'
import { childOf, makeId, type Stanza, seconds, stanza } from './stanza.ts'
import { linkedDevices } from './world.ts'

export interface Written {
  readonly message: proto.IMessage
  readonly id?: string | undefined
  /** Seconds since 1970. */
  readonly sentAt?: number | undefined
  /** The ciphertext is spoiled, so that it has to be asked for again. */
  readonly spoiled?: boolean | undefined
}

/** Sends a message to every companion of an account, each for itself. @returns the message's id. */
export async function writeTo(from: Account, to: Account, written: Written): Promise<string> {
  const id = written.id ?? makeId('3EB0')
  from.sent.set(id, written.message)
  const at = written.sentAt ?? Number(seconds())
  from.inbox.add({ kind: 'wrote', id, to: to.number, text: textOf(written.message), at })
  for (const device of linkedDevices(to)) {
    const enc = await sealFor(from, device, written.message)
    const content = written.spoiled === true ? spoil(enc) : enc
    deliver(device, stanza('message', chatAttrs(from, id, written), [content]))
  }
  return id
}

/** Sends a message to a group or to the status list, under a sender key that each device gets with it. */
export async function writeToList(
  from: Account,
  listJid: string,
  readers: readonly Account[],
  written: Written,
): Promise<string> {
  const id = written.id ?? makeId('3EB0')
  const { ciphertext, senderKey } = await from.party.encryptForGroup(listJid, from.lidJid(), written.message)
  const attrs = {
    from: listJid,
    participant: from.lidJid(),
    participant_pn: from.jid(),
    addressing_mode: 'lid',
    ...commonAttrs(from, id, written),
  }
  for (const device of readers.flatMap(linkedDevices)) {
    const content = [await sealFor(from, device, senderKey), stanza('enc', { v: 2, type: 'skmsg' }, ciphertext)]
    deliver(device, stanza('message', attrs, content))
  }
  return id
}

/** A companion could not decrypt a message and asks for it again. */
export async function writeAgain(from: Account, device: Device, receipt: Stanza): Promise<void> {
  const { id = '' } = receipt.attrs
  const message = from.sent.get(id)
  if (message === undefined) return
  const jid = device.account.lidJid(device.id)
  const bundle = bundleIn(receipt)
  if (bundle === undefined) await from.party.forgetSession(jid)
  const enc = await sealFor(from, device, message, bundle)
  const count = childOf(receipt, 'retry')?.attrs['count'] ?? '1'
  const again = { ...enc, attrs: { ...enc.attrs, count } }
  deliver(device, stanza('message', chatAttrs(from, id, { message }), [again]))
}

async function sealFor(
  from: Account,
  device: Device,
  message: proto.IMessage,
  bundle?: Parameters<typeof haveSession>[2],
): Promise<Stanza> {
  await haveSession(from, device, bundle)
  const { type, ciphertext } = await from.party.encrypt(device.account.lidJid(device.id), message)
  return stanza('enc', { v: 2, type }, ciphertext)
}

/** Whose message it is: by LID with the number beside it, by number with the LID beside it, or by LID alone. */
function chatAttrs(from: Account, id: string, written: Written): Record<string, string | undefined> {
  const isPn = from.addressing === 'pn'
  return {
    from: isPn ? from.jid() : from.lidJid(),
    sender_lid: isPn ? from.lidJid() : undefined,
    sender_pn: from.addressing === 'lid' ? from.jid() : undefined,
    addressing_mode: isPn ? 'pn' : 'lid',
    ...commonAttrs(from, id, written),
  }
}

function commonAttrs(from: Account, id: string, { message, sentAt }: Written): Record<string, string | undefined> {
  const type = message.imageMessage || message.documentMessage ? 'media' : 'text'
  return { id, t: sentAt === undefined ? seconds() : String(sentAt), type, notify: from.name }
}

function spoil(enc: Stanza): Stanza {
  const bytes = Buffer.from(enc.content as Uint8Array)
  const last = bytes.length - 1
  bytes.writeUInt8(bytes.readUInt8(last) ^ 0xff, last)
  return { ...enc, content: bytes }
}
