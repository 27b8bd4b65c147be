/** The Bot API's methods that put something into a chat. */

import { type Call, textOf, type Values } from './call.ts'
import { checkHtml } from './check-html.ts'
import { refusals } from './telegram-error.ts'
import type { Bot, ChatMessage, Person, World } from './world.ts'

const textMax = 4096
const callbackBytesMax = 64

export function sendMessage({ world, bot, values }: Call): unknown {
  const person = recipient(world, bot, values)
  const { text, html } = checkText(values)
  const message = world.addMessage(bot, person.id, {
    from: 'bot',
    date: now(),
    text,
    html,
    reply_markup: checkMarkup(values),
  })
  world.note({ botId: bot.id, kind: 'sent', chatId: person.id, text })
  return messageJson(bot, person, message)
}

/** `sendPhoto` and `sendDocument`: an uploaded file, or the id of one that was sent before. */
export function sendMedia(kind: 'photo' | 'document', { world, bot, values, uploads }: Call): unknown {
  const person = recipient(world, bot, values)
  const upload = uploads.get(kind) ?? [...uploads.values()][0]
  const file = upload === undefined ? world.files.get(textOf(values, kind) ?? '') : world.storeFile(upload)
  if (file === undefined) throw refusals.badRequest('wrong file identifier/HTTP URL specified')
  const caption =
    values['caption'] === undefined ? { text: '', html: undefined } : checkText({ ...values, text: values['caption'] })
  const message = world.addMessage(bot, person.id, {
    from: 'bot',
    date: now(),
    ...caption,
    reply_markup: checkMarkup(values),
    media: { kind, file_id: file.file_id, name: file.name },
  })
  world.note({ botId: bot.id, kind: 'sent', chatId: person.id, text: caption.text })
  return messageJson(bot, person, message)
}

export function editMessageText({ world, bot, values }: Call): unknown {
  const { person, message } = ownMessage(world, bot, values)
  const { text, html } = checkText(values)
  const markup = checkMarkup(values)
  if (message.text === text && message.html === html && sameJson(message.reply_markup, markup)) throw notModified()
  Object.assign(message, { text, html, reply_markup: markup, edited: true })
  world.note({ botId: bot.id, kind: 'edited', chatId: person.id, text })
  world.changed(bot.id, person.id)
  return messageJson(bot, person, message)
}

export function editMessageReplyMarkup({ world, bot, values }: Call): unknown {
  const { person, message } = ownMessage(world, bot, values)
  const markup = checkMarkup(values)
  if (sameJson(message.reply_markup, markup)) throw notModified()
  message.reply_markup = markup
  world.changed(bot.id, person.id)
  return messageJson(bot, person, message)
}

export function deleteMessage({ world, bot, values }: Call): unknown {
  const chat = bot.chats.get(Number(values['chat_id'])) ?? []
  const index = chat.findIndex((message) => message.message_id === Number(values['message_id']))
  if (index === -1) throw refusals.badRequest('message to delete not found')
  chat.splice(index, 1)
  world.changed(bot.id, Number(values['chat_id']))
  return true
}

export function answerCallbackQuery({ bot, values }: Call): unknown {
  const id = textOf(values, 'callback_query_id') ?? ''
  const askedAt = bot.queries.get(id)
  bot.queries.delete(id)
  if (askedAt === undefined || askedAt < Date.now() - 150_000) {
    throw refusals.badRequest('query is too old and response timeout expired or query ID is invalid')
  }
  return true
}

/** A message as the real server shows it. */
export function messageJson(bot: Bot, person: Person, message: ChatMessage): Record<string, unknown> {
  const chat = {
    id: person.id,
    first_name: person.first_name,
    type: 'private',
    ...(person.username === undefined ? {} : { username: person.username }),
  }
  const from =
    message.from === 'bot'
      ? { id: bot.id, is_bot: true, first_name: bot.name, username: bot.username }
      : { ...person, is_bot: false }
  const media =
    message.media === undefined
      ? { text: message.text }
      : message.media.kind === 'photo'
        ? {
            photo: [{ file_id: message.media.file_id, file_unique_id: message.media.file_id, width: 1, height: 1 }],
            caption: message.text,
          }
        : {
            document: {
              file_id: message.media.file_id,
              file_unique_id: message.media.file_id,
              file_name: message.media.name,
            },
            caption: message.text,
          }
  return {
    message_id: message.message_id,
    from,
    chat,
    date: message.date,
    ...media,
    ...(message.reply_markup === undefined ? {} : { reply_markup: message.reply_markup }),
    ...(message.from === 'person' && message.text.startsWith('/')
      ? { entities: [{ type: 'bot_command', offset: 0, length: message.text.split(/\s/)[0]?.length ?? 0 }] }
      : {}),
  }
}

function recipient(world: World, bot: Bot, values: Values): Person {
  const person = world.people.get(Number(values['chat_id']))
  if (person === undefined || world.chat(bot, person.id) === undefined) throw refusals.badRequest('chat not found')
  if (bot.blockedBy.has(person.id)) throw refusals.blocked()
  return person
}

function ownMessage(world: World, bot: Bot, values: Values): { person: Person; message: ChatMessage } {
  const person = recipient(world, bot, values)
  const message = world.chat(bot, person.id)?.find(({ message_id: id }) => id === Number(values['message_id']))
  if (message === undefined) throw refusals.badRequest('message to edit not found')
  if (message.from !== 'bot') throw refusals.badRequest("message can't be edited")
  return { person, message }
}

function checkText(values: Values): { text: string; html: string | undefined } {
  const given = values['text']
  const raw = typeof given === 'string' ? given : ''
  const isHtml = textOf(values, 'parse_mode')?.toLowerCase() === 'html'
  const text = isHtml ? checkHtml(raw) : raw
  if (text.trim() === '') throw refusals.badRequest('message text is empty')
  if (text.length > textMax) throw refusals.badRequest('message is too long')
  return { text, html: isHtml ? raw : undefined }
}

function checkMarkup(values: Values): unknown {
  const given = values['reply_markup']
  if (given === undefined || given === '') return undefined
  const markup = (typeof given === 'string' ? JSON.parse(given) : given) as {
    inline_keyboard?: { callback_data?: string }[][]
  }
  for (const button of markup.inline_keyboard?.flat() ?? []) {
    if (Buffer.byteLength(button.callback_data ?? '') > callbackBytesMax)
      throw refusals.badRequest('BUTTON_DATA_INVALID')
  }
  return markup
}

function notModified(): Error {
  return refusals.badRequest(
    'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
  )
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Telegram's dates are whole seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}
