/** A phone gets a message from a companion: its own, or a bot's. It decrypts, shows, and sends its receipt. */
import type { proto } from '@whiskeysockets/baileys'
import type { Account, Device, ReceivedFile } from './account.ts'
import { deliver } from './deliver.ts'
import { bundleParts } from './key-bundles.ts'
import { openMedia } from './media.ts'
import { textOf } from './message-text.ts'
import { bigEndian, type Stanza, seconds, stanza, userOf } from './stanza.ts'
import type { World } from './world.ts'

interface Received {
  readonly sender: Device
  readonly id: string
  /** The jid that the message was addressed to. */
  readonly chat: string
  readonly enc: Stanza
}

export async function receiveOnPhone(world: World, account: Account, received: Received): Promise<void> {
  if (!account.online) {
    account.whenOnline.push(() => receiveOnPhone(world, account, received))
    return
  }
  const { sender, id, enc } = received
  const from = sender.account.number
  try {
    if (account.failures > 0) {
      account.failures -= 1
      throw new Error('planted')
    }
    const { attrs, content } = enc
    const message = await account.party.decrypt(addressOf(sender), attrs['type'] ?? '', content as Uint8Array)
    await show(world, account, received, message)
  } catch (error) {
    account.inbox.add({ kind: 'undecryptable', id, from, reason: String(error) })
    await askAgain(account, received)
  }
}

async function show(world: World, account: Account, received: Received, message: proto.Message): Promise<void> {
  const { sender, id, chat } = received
  const from = sender.account.number
  const name = `${from} ${id}`
  const copy = message.deviceSentMessage
  if (copy) {
    const to = world.accountAt(copy.destinationJid ?? '')?.number ?? userOf(copy.destinationJid ?? '')
    if (!account.seen.has(name)) account.inbox.add({ kind: 'sent_copy', id, to, text: textOf(copy.message ?? {}) })
    const attrs = { id, from: chatJid(account, chat), recipient: chat, type: 'sender', t: seconds() }
    deliver(sender, stanza('receipt', attrs))
  } else if (sender.account === account) account.inbox.add({ kind: 'peer_message', id, message })
  else {
    const file = await fileOf(world, message)
    const retries = account.retries.get(name) ?? 0
    const text = textOf(message)
    if (account.seen.has(name)) account.inbox.add({ kind: 'repeated', id, from })
    else {
      const at = Number(seconds())
      account.inbox.add({ kind: 'message', id, from, device: sender.id, text, file, message, at, retries })
    }
    deliver(sender, stanza('receipt', { id, from: chatJid(account, chat), t: seconds() }))
  }
  account.seen.add(name)
}

/** The receipt by which a phone asks for a message once more; with its keys from the second time on. */
async function askAgain(account: Account, { sender, id, chat }: Received): Promise<void> {
  const name = `${sender.account.number} ${id}`
  const count = (account.retries.get(name) ?? 0) + 1
  account.retries.set(name, count)
  const retry = stanza('retry', { count, id, t: seconds(), v: 1 })
  const registration = stanza('registration', {}, bigEndian(account.party.registrationId, 4))
  const keys = stanza('keys', {}, bundleParts(await account.party.bundle()).slice(1))
  const content = count > 1 ? [retry, registration, keys] : [retry, registration]
  const recipient = sender.account === account ? chat : undefined
  const attrs = { id, from: chatJid(account, chat), recipient, type: 'retry', t: seconds() }
  deliver(sender, stanza('receipt', attrs, content))
}

/** This account by the kind of name that the message was addressed with. */
function chatJid(account: Account, chat: string): string {
  return chat.endsWith('@lid') ? account.lidJid() : account.jid()
}

function addressOf(sender: Device): string {
  return sender.account.lidJid(sender.id)
}

async function fileOf(world: World, message: proto.IMessage): Promise<ReceivedFile | undefined> {
  const document = message.documentMessage ?? message.documentWithCaptionMessage?.message?.documentMessage
  const given = message.imageMessage ?? document
  if (!given) return undefined
  const kind = message.imageMessage ? 'image' : 'document'
  const bytes = await openMedia(kind, given, world.media.read(given.directPath ?? ''))
  return { kind, mimetype: given.mimetype ?? '', name: document?.fileName ?? undefined, bytes }
}
