/** What the sandbox remembers: bots, people, chats, and an audit of everything that went through. In memory only. */
import { randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'

const auditMax = 20_000
const messagesMax = 500
const filesMax = 200

export interface Person {
  readonly id: number
  readonly first_name: string
  readonly username?: string
  readonly language_code?: string
}

export interface ChatMessage {
  readonly message_id: number
  readonly from: 'bot' | 'person'
  readonly date: number
  text: string
  /** The text as it was sent, when it was HTML. */
  html: string | undefined
  reply_markup: unknown
  edited: boolean
  media?: { readonly kind: 'photo' | 'document'; readonly file_id: string; readonly name: string }
}

export interface StoredFile {
  readonly file_id: string
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

export interface Poll {
  readonly id: number
  end(outcome: 'updates' | 'conflict' | 'unauthorized' | 'webhook'): void
}

export interface Update {
  readonly update_id: number
  readonly kind: string
  readonly body: Record<string, unknown>
}

export interface Bot {
  readonly id: number
  token: string
  readonly name: string
  readonly username: string
  revoked: boolean
  webhook: { url: string; secret: string | undefined } | undefined
  allowedUpdates: readonly string[]
  readonly updates: Update[]
  nextUpdateId: number
  nextMessageId: number
  poll: Poll | undefined
  lastConflictAtMs: number
  readonly blockedBy: Set<number>
  readonly commands: Map<string, unknown>
  readonly chats: Map<number, ChatMessage[]>
  readonly queries: Map<string, number>
}

/** One line of the audit. */
export interface AuditLine {
  readonly atMs: number
  readonly botId: number
  readonly kind: 'delivered' | 'confirmed' | 'sent' | 'edited' | 'polled' | 'conflict'
  readonly chatId?: number
  readonly updateIds?: readonly number[]
  readonly text?: string
}

/** Kinds that are delivered when a bot has not asked for others. */
const defaultKinds = [
  'message',
  'edited_message',
  'callback_query',
  'my_chat_member',
  'channel_post',
  'pre_checkout_query',
]

export class World {
  readonly bots = new Map<number, Bot>()
  readonly people = new Map<number, Person>()
  readonly files = new Map<string, StoredFile>()
  readonly audit: AuditLine[] = []
  /** Emits `change` with `{ botId, personId }`. */
  readonly changes = new EventEmitter().setMaxListeners(1000)
  #nextPersonId = 500_001

  /** Makes a bot, or finds the one of this token's id. */
  createBot(given: { token?: string | undefined; name: string; username: string }): Bot {
    const id = given.token === undefined ? randomInt(1_000_000, 9_999_999) : Number(given.token.split(':')[0])
    const token = given.token ?? `${id}:sandbox-token-${randomInt(1_000_000)}`
    const known = this.bots.get(id)
    if (known !== undefined) {
      known.token = token
      known.revoked = false
      return known
    }
    const bot: Bot = {
      id,
      token,
      name: given.name,
      username: given.username,
      revoked: false,
      webhook: undefined,
      allowedUpdates: defaultKinds,
      updates: [],
      nextUpdateId: randomInt(100_000_000, 900_000_000),
      nextMessageId: 1,
      poll: undefined,
      lastConflictAtMs: 0,
      blockedBy: new Set(),
      commands: new Map(),
      chats: new Map(),
      queries: new Map(),
    }
    this.bots.set(id, bot)
    this.changed(id, 0)
    return bot
  }

  botOfToken(token: string): Bot | undefined {
    const bot = this.bots.get(Number(token.split(':')[0]))
    return bot !== undefined && bot.token === token && !bot.revoked ? bot : undefined
  }

  addPerson(given: { firstName: string; username?: string | undefined; languageCode?: string | undefined }): Person {
    const person: Person = {
      id: this.#nextPersonId++,
      first_name: given.firstName,
      ...(given.username === undefined ? {} : { username: given.username }),
      ...(given.languageCode === undefined ? {} : { language_code: given.languageCode }),
    }
    this.people.set(person.id, person)
    this.changed(0, person.id)
    return person
  }

  /** The chat of a person with a bot; undefined before the person has begun it. */
  chat(bot: Bot, personId: number): ChatMessage[] | undefined {
    return bot.chats.get(personId)
  }

  addMessage(bot: Bot, personId: number, message: Omit<ChatMessage, 'message_id' | 'edited'>): ChatMessage {
    const chat = bot.chats.get(personId) ?? []
    bot.chats.set(personId, chat)
    const stored: ChatMessage = { ...message, message_id: bot.nextMessageId++, edited: false }
    chat.push(stored)
    if (chat.length > messagesMax) chat.shift()
    this.changed(bot.id, personId)
    return stored
  }

  /** Queues an update, unless the bot's last poll did not ask for its kind. */
  queue(bot: Bot, kind: string, body: Record<string, unknown>): number | undefined {
    if (!bot.allowedUpdates.includes(kind)) return undefined
    const update: Update = { update_id: bot.nextUpdateId++, kind, body }
    bot.updates.push(update)
    bot.poll?.end('updates')
    this.changes.emit('queued', bot)
    return update.update_id
  }

  /** An empty list means the default kinds, as with the real server. */
  setAllowedUpdates(bot: Bot, kinds: readonly string[]): void {
    bot.allowedUpdates = kinds.length === 0 ? defaultKinds : kinds
  }

  storeFile(file: Omit<StoredFile, 'file_id'>): StoredFile {
    const stored = { ...file, file_id: `file-${this.files.size + 1}-${randomInt(1_000_000)}` }
    this.files.set(stored.file_id, stored)
    const oldest = this.files.keys().next()
    if (this.files.size > filesMax && oldest.done !== true) this.files.delete(oldest.value)
    return stored
  }

  note(line: Omit<AuditLine, 'atMs'>): void {
    this.audit.push({ atMs: Date.now(), ...line })
    if (this.audit.length > auditMax) this.audit.shift()
  }

  changed(botId: number, personId: number): void {
    this.changes.emit('change', { botId, personId })
  }
}
