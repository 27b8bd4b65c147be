/** One call of a Bot API method, and its parameters: the same whether JSON, a form or a query brought them. */
import { Failure } from '../domain/failure.ts'
import type { Bot } from './bot.ts'
import type { Chat } from './chat.ts'
import type { Upload } from './read-body.ts'
import { refusals } from './telegram-error.ts'
import type { World } from './world.ts'

export type Values = Readonly<Record<string, unknown>>

export interface Call {
  readonly world: World
  readonly bot: Bot
  readonly values: Values
  readonly uploads: ReadonlyMap<string, Upload>
  /** Aborts when the client goes away. */
  readonly gone: AbortSignal
  /** The client's port: tells pollers apart. */
  readonly connection: number
  /** Waits as long as the real server would in moments where tests would rather not. */
  readonly strictTiming: boolean
}

/** A parameter as text; undefined when it is missing or no plain value. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

export function isTrue(values: Values, name: string): boolean {
  const text = textOf(values, name)?.toLowerCase()
  return text === 'true' || text === '1' || text === 'yes'
}

/** Throws `usage` when it is missing or blank. */
export function required(values: Values, name: string): string {
  const text = (textOf(values, name) ?? '').trim().slice(0, 4096)
  if (text === '') throw new Failure('usage', `${name} is missing`)
  return text
}

/** Throws `usage` when it is missing or no whole number. */
export function requiredNumber(values: Values, name: string): number {
  const number = optionalNumber(values, name)
  if (number === undefined) throw new Failure('usage', `${name} is missing`)
  return number
}

/** Throws `usage` when it is there and no whole number. */
export function optionalNumber(values: Values, name: string): number | undefined {
  const text = textOf(values, name)
  if (text === undefined || text === '') return undefined
  if (!Number.isSafeInteger(Number(text))) throw new Failure('usage', `${name} is a whole number`)
  return Number(text)
}

/** A whole number between bounds; what is missing or no number becomes the fallback, as with the real server. */
export function integerOf(
  values: Values,
  name: string,
  { fallback, least, most }: { fallback: number; least: number; most: number },
): number {
  const text = textOf(values, name)
  const number = text === undefined || !/^-?\d{1,15}$/.test(text.trim()) ? fallback : Number(text)
  return Math.max(least, Math.min(most, number))
}

/** A parameter that is JSON in a form or a query, and a value in a JSON body; `refusal` when it does not parse. */
export function jsonOf(values: Values, name: string, refusal: string): unknown {
  const value = values[name]
  if (typeof value !== 'string') return value
  if (value.trim() === '') return undefined
  try {
    return JSON.parse(value)
  } catch {
    throw refusals.badRequest(refusal)
  }
}

/** The chat of `chat_id` for reading. Throws "chat not found" for one that this bot does not know. */
export function chatOf({ world, bot, values }: Call): Chat {
  const given = textOf(values, 'chat_id')?.trim() ?? ''
  if (given === '') throw refusals.badRequest('chat_id is empty')
  const chat = /^-?\d{1,15}$/.test(given) ? world.chat(bot, Number(given)) : undefined
  if (chat === undefined) throw refusals.badRequest('chat not found')
  return chat
}

/** The chat of `chat_id` for writing: refused where the person has not begun it, or has blocked the bot. */
export function recipientOf(call: Call): Chat {
  const { bot, values } = call
  const id = Number(textOf(values, 'chat_id'))
  if (bot.met.has(id) && !bot.chats.has(id)) throw refusals.cannotBegin()
  const chat = chatOf(call)
  if (bot.blockedBy.has(chat.id)) throw refusals.blocked()
  return chat
}
