/** A bot as the sandbox keeps it. */
import { randomInt } from 'node:crypto'
import type { ChatMessage } from './chat.ts'

const queriesMax = 1000

export interface Update {
  readonly update_id: number
  readonly kind: string
  readonly body: Record<string, unknown>
  readonly expiresAtMs: number
}

/** A poll that waits. */
export interface Poll {
  readonly id: number
  end(outcome: PollEnd): void
}

export type PollEnd = 'updates' | 'conflict' | 'unauthorized' | 'webhook'

export interface Webhook {
  readonly url: string
  readonly secret: string | undefined
  readonly maxConnections: number
  lastError: { readonly date: number; readonly message: string } | undefined
  /** Something waits. */
  wake(): void
  stop(): void
}

/** A press of a button that waits for answerCallbackQuery. */
export interface Query {
  readonly askedAtMs: number
  readonly chatId: number
}

export interface Bot {
  readonly id: number
  token: string
  readonly name: string
  readonly username: string
  revoked: boolean
  webhook: Webhook | undefined
  lastWebhookSetAtMs: number
  allowedUpdates: readonly string[]
  readonly updates: Update[]
  nextUpdateId: number
  nextMessageId: number
  poll: Poll | undefined
  lastPoll: { offset: number; startedAtMs: number; endedAtMs: number }
  nextConflictAtMs: number
  offlineTimer: NodeJS.Timeout | undefined
  readonly blockedBy: Set<number>
  /** People it has met in a group and may not write to before they begin. */
  readonly met: Set<number>
  /** By scope and language, as `commandsKey` names them. */
  readonly commands: Map<string, readonly Command[]>
  readonly chats: Map<number, ChatMessage[]>
  readonly queries: Map<string, Query>
}

export interface Command {
  readonly command: string
  readonly description: string
}

/** Kinds that are delivered when a bot has not asked for others. */
const defaultKinds: readonly string[] = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'callback_query',
  'inline_query',
  'chosen_inline_result',
  'shipping_query',
  'pre_checkout_query',
  'poll',
  'poll_answer',
  'my_chat_member',
  'chat_join_request',
]
const otherKinds: readonly string[] = ['chat_member', 'message_reaction', 'message_reaction_count']

export function newBot(given: { id: number; token: string; name: string; username: string }): Bot {
  return {
    ...given,
    revoked: false,
    webhook: undefined,
    lastWebhookSetAtMs: 0,
    allowedUpdates: defaultKinds,
    updates: [],
    nextUpdateId: randomInt(100_000_000, 900_000_000),
    nextMessageId: 1,
    poll: undefined,
    lastPoll: { offset: Number.NaN, startedAtMs: 0, endedAtMs: 0 },
    nextConflictAtMs: 0,
    offlineTimer: undefined,
    blockedBy: new Set(),
    met: new Set(),
    commands: new Map(),
    chats: new Map(),
    queries: new Map(),
  }
}

/** Remembers which kinds of updates to create from now on; an empty list, or nothing known in it, means the default. */
export function setAllowedUpdates(bot: Bot, kinds: readonly string[]): void {
  const known = kinds.filter((kind) => defaultKinds.includes(kind) || otherKinds.includes(kind))
  bot.allowedUpdates = known.length === 0 ? defaultKinds : known
}

export function addQuery(bot: Bot, chatId: number): string {
  const id = String(randomInt(1, 2 ** 47))
  bot.queries.set(id, { askedAtMs: Date.now(), chatId })
  const oldest = bot.queries.keys().next()
  if (bot.queries.size > queriesMax && oldest.done !== true) bot.queries.delete(oldest.value)
  return id
}

/** How long after a poll a bot still counts as online. */
export const onlineGraceMs = 3000

/** Whether somebody serves this bot: polling now or just before, or by webhook. */
export function isOnline(bot: Bot): boolean {
  if (bot.revoked) return false
  return bot.webhook !== undefined || bot.poll !== undefined || Date.now() - bot.lastPoll.endedAtMs < onlineGraceMs
}

/** Languages and scopes of setMyCommands, most particular first, as clients choose them for a private chat. */
export function commandsFor(bot: Bot, chatId: number, language: string): readonly Command[] {
  for (const scope of [`chat:${chatId}`, 'all_private_chats', 'default']) {
    const found = bot.commands.get(`${scope}|${language}`) ?? bot.commands.get(`${scope}|`)
    if (found !== undefined) return found
  }
  return []
}
