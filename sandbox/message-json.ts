/** How the Bot API shows people, bots, chats and messages. */
import type { Bot } from './bot.ts'
import { type Chat, type ChatMessage, now, type Person } from './chat.ts'
import type { TextEntity } from './parse-html.ts'

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
