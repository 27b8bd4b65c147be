/** People, chats and messages, and how the Bot API shows them. */
import type { Bot } from './bot.ts'
import type { TextEntity } from './parse-html.ts'

export interface Person {
  readonly id: number
  readonly first_name: string
  readonly username?: string
  readonly language_code?: string
}

export interface Group {
  readonly id: number
  readonly title: string
}

export type Chat =
  | { readonly type: 'private'; readonly id: number; readonly person: Person }
  | ({ readonly type: 'supergroup' } & Group)

export interface ChatMessage {
  readonly message_id: number
  readonly from: 'bot' | 'person'
  /** Who wrote it, in a group. */
  readonly author?: Person
  readonly date: number
  /** The text without markup, or the caption of a photo or document. */
  text: string
  entities: readonly TextEntity[]
  reply_markup: unknown
  edited: boolean
  readonly media?: {
    readonly kind: 'photo' | 'document'
    readonly file_id: string
    readonly name: string
    readonly size: number
  }
  readonly replyTo?: number
}

export interface StoredFile {
  readonly file_id: string
  readonly file_unique_id: string
  readonly botId: number
  readonly path: string
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

/** Telegram's dates are whole seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}

export function personJson(person: Person): Record<string, unknown> {
  return { ...person, is_bot: false }
}

export function botJson(bot: Bot): Record<string, unknown> {
  return { id: bot.id, is_bot: true, first_name: bot.name, username: bot.username }
}

export function chatJson(chat: Chat): Record<string, unknown> {
  if (chat.type === 'supergroup') return { id: chat.id, title: chat.title, type: chat.type }
  const { id, first_name, username } = chat.person
  return { id, first_name, ...(username === undefined ? {} : { username }), type: chat.type }
}

/** A message as the real server shows it. */
export function messageJson(bot: Bot, chat: Chat, message: ChatMessage): Record<string, unknown> {
  const author = message.author ?? (chat.type === 'private' ? chat.person : undefined)
  const entities = message.from === 'person' ? commandEntities(message.text) : message.entities
  const quoted = bot.chats.get(chat.id)?.find(({ message_id: id }) => id === message.replyTo)
  return {
    message_id: message.message_id,
    from: message.from === 'bot' || author === undefined ? botJson(bot) : personJson(author),
    chat: chatJson(chat),
    date: message.date,
    ...(message.edited ? { edit_date: now() } : {}),
    ...(quoted === undefined ? {} : { reply_to_message: messageJson(bot, chat, { ...quoted, replyTo: -1 }) }),
    ...contentJson(message, entities),
    ...(isInline(message.reply_markup) ? { reply_markup: message.reply_markup } : {}),
  }
}

function contentJson(message: ChatMessage, entities: readonly TextEntity[]): Record<string, unknown> {
  const { media, text } = message
  if (media === undefined) return { text, ...(entities.length === 0 ? {} : { entities }) }
  const file = { file_id: media.file_id, file_unique_id: media.file_id, file_size: media.size }
  return {
    ...(media.kind === 'photo'
      ? { photo: [{ ...file, width: 640, height: 480 }] }
      : { document: { ...file, file_name: media.name } }),
    ...(text === '' ? {} : { caption: text }),
    ...(text === '' || entities.length === 0 ? {} : { caption_entities: entities }),
  }
}

/** Only inline keyboards are part of a message; the others belong to the chat. */
export function isInline(markup: unknown): boolean {
  return typeof markup === 'object' && markup !== null && 'inline_keyboard' in markup
}

function commandEntities(text: string): TextEntity[] {
  const command = /^\/\w{1,64}(@\w+)?/.exec(text)?.[0]
  return command === undefined ? [] : [{ type: 'bot_command', offset: 0, length: command.length }]
}
