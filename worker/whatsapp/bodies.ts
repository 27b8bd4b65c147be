/** Messages as the gateway keeps them (domain/whatsapp-bodies.ts). */
import { holdsTelegramToken } from '../../domain/telegram-token.ts'
import { type ArrivedBody, decodeArrivedBody, decodeSentBody, type SentBody } from '../../domain/whatsapp-bodies.ts'
import type { IncomingMessage } from './connection.ts'
import type { Part } from './rendering.ts'
import type { Planned } from './sender.ts'

/** Characters of a text that are read; nothing that anybody is asked for is as long. */
const readMax = 8192

/** A message as the conversation takes it. */
export interface Arrived {
  readonly message: IncomingMessage
  /** It holds a bot's token, or did when it came: such a one is kept nowhere. */
  readonly holdsToken: boolean
}

export function arrivedOf(given: IncomingMessage): Arrived {
  const message = { ...given, text: given.text.slice(0, readMax), pushName: given.pushName?.slice(0, 256) ?? null }
  return { message, holdsToken: holdsTelegramToken(message.text) }
}

/** The body of a message for the inbox; a bot's token in it is left out. */
export function writeArrived({ message, holdsToken }: Arrived): string {
  const { id, chat, from, pushName, timestampMs, text } = message
  const body: ArrivedBody = {
    id,
    chat,
    ...from,
    name: pushName,
    at: timestampMs,
    text: holdsToken ? text.replace(/\d{3,20}:[\w-]+/g, '…') : text,
    token: holdsToken,
  }
  return JSON.stringify(body)
}

/** Undefined when it is none of ours. */
export function readArrived(body: string): Arrived | undefined {
  const kept = decodeArrivedBody(body)
  if (kept === undefined) return undefined
  const { id, chat, phone, lid, name, at, text, token } = kept
  const from = { phone, lid }
  return {
    message: { id, chat, from, pushName: name, timestampMs: at, kind: 'text', text, isOffline: true },
    holdsToken: token,
  }
}

/** The body of a message that goes out; a file's content is not in it. */
export function writeSent({ part, outbox }: Pick<Planned, 'part' | 'outbox'>): string {
  const { kind } = part
  const body: SentBody =
    kind === 'file' ? { kind, name: part.name, caption: part.caption, outbox } : { ...part, outbox }
  return JSON.stringify(body)
}

/** What can be sent again by its body alone; `part` is undefined for a file, the whole when it is none of ours. */
export function readSentBody(
  body: string,
): { readonly part: Exclude<Part, { kind: 'file' }> | undefined; readonly outbox: boolean } | undefined {
  const kept = decodeSentBody(body)
  if (kept === undefined) return undefined
  const { outbox, ...part } = kept
  return { part: part.kind === 'file' ? undefined : part, outbox }
}
