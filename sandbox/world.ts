/**
 * What the sandbox remembers: bots, people, chats, files. In memory only, and nothing of it grows without a bound:
 * bots 500, people 10,000, groups 1,000, chats 20,000, messages 500 a chat (each bounded), waiting
 * updates 10,000 a bot, button presses 1,000 a bot, files 500 and 256 MiB in all; the oldest makes room, but a
 * further bot, person, group or chat is refused.
 */
import { randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Failure } from '../domain/failure.ts'
import { Audit, type AuditLine } from './audit.ts'
import { type Bot, newBot } from './bot.ts'
import type { Chat, ChatMessage, Group, Person, StoredFile } from './chat.ts'
import type { TextEntity } from './parse-html.ts'

const botsMax = 500
const peopleMax = 10_000
const groupsMax = 1000
/** Names, usernames, titles. */
const nameMax = 128
const chatsMax = 20_000
const messagesMax = 500
const updatesMax = 10_000
const filesMax = 500
const fileBytesMax = 256 * 1024 * 1024
const updateLifeMs = 24 * 3600 * 1000

/** Something a page or a waiting test wants to hear of; 0 where no one bot, or no one chat, is meant. */
export interface Change {
  readonly botId: number
  readonly chatId: number
  /** Shown once and not kept: what answerCallbackQuery says, or that the bot is typing. */
  readonly notice?: { readonly text: string; readonly alert: boolean; readonly queryId: string }
  readonly typing?: boolean
}

export interface NewMessage {
  readonly from: 'bot' | 'person'
  readonly author?: Person
  readonly date: number
  readonly text: string
  readonly entities?: readonly TextEntity[] | undefined
  readonly html?: string | undefined
  readonly reply_markup?: unknown
  readonly media?: ChatMessage['media']
  readonly replyTo?: number | undefined
}

export class World {
  readonly bots = new Map<number, Bot>()
  readonly people = new Map<number, Person>()
  readonly groups = new Map<number, Group>()
  readonly files = new Map<string, StoredFile>()
  readonly audit: Audit
  readonly #changes = new EventEmitter().setMaxListeners(0)
  #nextPersonId = 500_001
  #nextFileId = 1
  #chats = 0
  #fileBytes = 0

  constructor(onAudit?: (line: AuditLine) => void) {
    this.audit = new Audit(onAudit)
  }

  /** Makes a bot, or finds the one of this token's id and gives it this token. */
  createBot(given: { token?: string | undefined; name: string; username: string }): Bot {
    refuseLong('the name of a bot', given.name)
    refuseLong('the username of a bot', given.username)
    const id = given.token === undefined ? this.#freeBotId() : botIdOf(given.token)
    if (id === undefined) throw new Failure('usage', 'a bot token is digits, a colon and a secret: 1001:secret')
    const token = given.token ?? `${id}:sandbox-token-${randomInt(1_000_000)}`
    const known = this.bots.get(id)
    if (known !== undefined) {
      if (known.token !== token) known.poll?.end('unauthorized')
      known.token = token
      known.revoked = false
      return known
    }
    if (this.bots.size >= botsMax) throw new Failure('conflict', `the sandbox holds ${botsMax} bots at most`)
    const bot = newBot({ id, token, name: given.name, username: given.username })
    this.bots.set(id, bot)
    this.changed({ botId: id, chatId: 0 })
    return bot
  }

  #freeBotId(): number {
    const id = randomInt(1_000_000, 9_999_999)
    return this.bots.has(id) ? this.#freeBotId() : id
  }

  /** The bot of a token, unless the token was replaced or revoked. */
  botOfToken(token: string): Bot | undefined {
    const id = botIdOf(token)
    const bot = id === undefined ? undefined : this.bots.get(id)
    return bot !== undefined && bot.token === token && !bot.revoked ? bot : undefined
  }

  addPerson(given: { firstName: string; username?: string | undefined; languageCode?: string | undefined }): Person {
    refuseLong('the name of a person', given.firstName)
    refuseLong('the username of a person', given.username)
    refuseLong('the language of a person', given.languageCode)
    if (this.people.size >= peopleMax) throw new Failure('conflict', `the sandbox holds ${peopleMax} people at most`)
    const person: Person = {
      id: this.#nextPersonId++,
      first_name: given.firstName,
      ...(given.username === undefined ? {} : { username: given.username }),
      ...(given.languageCode === undefined ? {} : { language_code: given.languageCode }),
    }
    this.people.set(person.id, person)
    this.changed({ botId: 0, chatId: 0 })
    return person
  }

  /** A group by its title, made when it is new. */
  group(title: string): Group {
    const known = [...this.groups.values()].find((group) => group.title === title)
    if (known !== undefined) return known
    refuseLong('the title of a group', title)
    if (this.groups.size >= groupsMax) throw new Failure('conflict', `the sandbox holds ${groupsMax} groups at most`)
    const group = { id: -1_001_000_000_000 - this.groups.size, title }
    this.groups.set(group.id, group)
    return group
  }

  /** A chat that a bot knows: one that a person has begun, or a group it has heard from. */
  chat(bot: Bot, chatId: number): Chat | undefined {
    if (!bot.chats.has(chatId)) return undefined
    const person = this.people.get(chatId)
    if (person !== undefined) return { type: 'private', id: person.id, person }
    const group = this.groups.get(chatId)
    return group === undefined ? undefined : { type: 'supergroup', ...group }
  }

  addMessage(bot: Bot, chatId: number, given: NewMessage): ChatMessage {
    const messages = bot.chats.get(chatId) ?? this.#beginChat(bot, chatId)
    const stored: ChatMessage = {
      message_id: bot.nextMessageId++,
      from: given.from,
      ...(given.author === undefined ? {} : { author: given.author }),
      date: given.date,
      text: given.text,
      entities: given.entities ?? [],
      html: given.html,
      reply_markup: given.reply_markup,
      edited: false,
      ...(given.media === undefined ? {} : { media: given.media }),
      ...(given.replyTo === undefined ? {} : { replyTo: given.replyTo }),
    }
    messages.push(stored)
    if (messages.length > messagesMax) messages.shift()
    this.changed({ botId: bot.id, chatId })
    return stored
  }

  #beginChat(bot: Bot, chatId: number): ChatMessage[] {
    if (this.#chats >= chatsMax) throw new Failure('conflict', `the sandbox holds ${chatsMax} chats at most`)
    const messages: ChatMessage[] = []
    bot.chats.set(chatId, messages)
    this.#chats += 1
    return messages
  }

  /** Queues an update, unless the bot's last poll did not ask for its kind. */
  queue(bot: Bot, kind: string, body: Record<string, unknown>, lifeMs = updateLifeMs): number | undefined {
    if (!bot.allowedUpdates.includes(kind)) return undefined
    const update = { update_id: bot.nextUpdateId++, kind, body, expiresAtMs: Date.now() + lifeMs }
    bot.updates.push(update)
    if (bot.updates.length > updatesMax) bot.updates.shift()
    this.audit.note(bot.id, { kind: 'queued', updateIds: [update.update_id], updateKind: kind })
    bot.poll?.end('updates')
    bot.webhook?.wake()
    return update.update_id
  }

  storeFile(bot: Bot, file: { name: string; type: string; bytes: Buffer }, folder: string): StoredFile {
    const number = this.#nextFileId++
    const extension = /\.[A-Za-z0-9]{1,8}$/.exec(file.name)?.[0] ?? ''
    const stored: StoredFile = {
      ...file,
      file_id: `sandbox-${bot.id}-${number}-${randomInt(1_000_000_000)}`,
      file_unique_id: `unique-${number}`,
      botId: bot.id,
      path: `${folder}/file_${number}${extension}`,
    }
    this.files.set(stored.file_id, stored)
    this.#fileBytes += stored.bytes.length
    for (const [id, oldest] of this.files) {
      if ((this.files.size <= filesMax && this.#fileBytes <= fileBytesMax) || oldest === stored) break
      this.files.delete(id)
      this.#fileBytes -= oldest.bytes.length
    }
    return stored
  }

  changed(change: Change): void {
    this.#changes.emit('change', change)
  }

  /** @returns what ends the listening. */
  onChange(listener: (change: Change) => void): () => void {
    this.#changes.on('change', listener)
    return () => void this.#changes.off('change', listener)
  }
}

function refuseLong(what: string, text: string | undefined): void {
  if (text !== undefined && text.length > nameMax) {
    throw new Failure('usage', `${what} has ${nameMax} characters at most`)
  }
}

/** The bot id is the token's part before the colon; undefined when that is no bot token at all. */
export function botIdOf(token: string): number | undefined {
  const digits = /^([1-9]\d{0,14}):[^/\s]{1,64}$/.exec(token)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
