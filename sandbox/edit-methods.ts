/** What changes or removes a message that is there. */
import { type Call, chatOf, recipientOf, textOf } from './call.ts'
import type { Chat, ChatMessage } from './chat.ts'
import { messageJson } from './message-json.ts'
import { readInlineMarkup } from './reply-markup.ts'
import { readCaption, readText } from './send-methods.ts'
import { refusals } from './telegram-error.ts'

/** A message can be deleted for two days. */
const deletableSeconds = 48 * 3600

export function editMessageText(call: Call): unknown {
  const found = editableMessage(call)
  if (found.message.media !== undefined) throw refusals.badRequest('there is no text in the message to edit')
  return edit(call, found, { ...readText(call.values), reply_markup: readInlineMarkup(call.values) })
}

export function editMessageCaption(call: Call): unknown {
  const found = editableMessage(call)
  if (found.message.media === undefined) throw refusals.badRequest('there is no caption in the message to edit')
  return edit(call, found, { ...readCaption(call.values), reply_markup: readInlineMarkup(call.values) })
}

export function editMessageReplyMarkup(call: Call): unknown {
  const found = editableMessage(call)
  const { text, entities, html } = found.message
  return edit(call, found, { text, entities, html, reply_markup: readInlineMarkup(call.values) })
}

export function deleteMessage(call: Call): unknown {
  const { world, bot, connection } = call
  const chat = chatOf(call)
  const messages = bot.chats.get(chat.id) ?? []
  const message = messageOf(call, chat)
  if (message === undefined) throw refusals.badRequest('message to delete not found')
  if (message.date < Date.now() / 1000 - deletableSeconds) throw refusals.badRequest("message can't be deleted")
  messages.splice(messages.indexOf(message), 1)
  world.audit.note(bot.id, {
    kind: 'deleted',
    connection,
    chatId: chat.id,
    messageId: message.message_id,
    text: message.text,
  })
  world.changed({ botId: bot.id, chatId: chat.id })
  return true
}

function edit(
  { world, bot, connection }: Call,
  { chat, message }: { chat: Chat; message: ChatMessage },
  content: Pick<ChatMessage, 'text' | 'entities' | 'html' | 'reply_markup'>,
): unknown {
  const { text, entities, reply_markup: markup } = message
  const isSame =
    text === content.text && isSameJson(entities, content.entities) && isSameJson(markup, content.reply_markup)
  if (isSame) throw notModified()
  // A keyboard alone does not make a message "edited" in the eyes of the person.
  Object.assign(message, content, { edited: message.edited || text !== content.text })
  world.audit.note(bot.id, {
    kind: 'edited',
    connection,
    chatId: chat.id,
    messageId: message.message_id,
    text: message.text,
  })
  world.changed({ botId: bot.id, chatId: chat.id })
  return messageJson(bot, chat, message)
}

function editableMessage(call: Call): { chat: Chat; message: ChatMessage } {
  const chat = recipientOf(call)
  const message = messageOf(call, chat)
  if (message === undefined) throw refusals.badRequest('message to edit not found')
  if (message.from !== 'bot') throw refusals.badRequest("message can't be edited")
  return { chat, message }
}

function messageOf({ bot, values }: Call, chat: Chat): ChatMessage | undefined {
  const id = Number(textOf(values, 'message_id'))
  return bot.chats.get(chat.id)?.find((message) => message.message_id === id)
}

function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function notModified(): Error {
  return refusals.badRequest(
    'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
  )
}
