/** What people do: write, press a button, send a file, block a bot. Each becomes an update as the real server makes it. */
import { Failure } from '../domain/failure.ts'
import { addQuery, type Bot } from './bot.ts'
import { type Chat, type ChatMessage, now, type Person } from './chat.ts'
import { botJson, chatJson, messageJson, personJson } from './message-json.ts'
import type { Upload } from './read-body.ts'
import { imageTypeOf } from './send-methods.ts'
import type { World } from './world.ts'

const pressLifeMs = 150_000
const textMax = 4096

export interface Delivered {
  readonly message: ChatMessage
  /** Undefined when the bot's last poll did not ask for this kind. */
  readonly updateId: number | undefined
}

interface Subject {
  readonly personId: number
  readonly botId: number
}

/**
 * Sends a person's text to a bot; the first one begins the chat. `date` in Unix seconds lets a message be old.
 * `/start` lets a blocked bot back in, as the app's button does; anything else is refused while it is blocked.
 */
export function sendText(
  world: World,
  given: Subject & { text: string; date?: number | undefined; replyTo?: number | undefined },
): Delivered {
  const { person, bot, chat } = privateChat(world, given)
  if (given.text.trim() === '') throw new Failure('usage', 'a message has a text')
  if (given.text.length > textMax) throw new Failure('usage', `a message has ${textMax} characters at most`)
  if (/^\/start(\s|$)/.test(given.text)) setBlocked(world, { ...given, blocked: false })
  refuseIfBlocked(bot, person)
  const message = world.addMessage(bot, person.id, {
    from: 'person',
    date: given.date ?? now(),
    text: given.text,
    replyTo: given.replyTo,
  })
  return { message, updateId: world.queue(bot, 'message', messageJson(bot, chat, message)) }
}

/** Sends a photo (when the bytes are an image) or a document to a bot. */
export function sendFile(world: World, given: Subject & { file: Upload; caption?: string | undefined }): Delivered {
  const { person, bot, chat } = privateChat(world, given)
  refuseIfBlocked(bot, person)
  if (given.file.bytes.length === 0) throw new Failure('usage', 'a file has at least one byte')
  const image = imageTypeOf(given.file.bytes)
  const kind = image === undefined ? 'document' : 'photo'
  const file = world.storeFile(bot, { ...given.file, type: image ?? 'application/octet-stream' }, `${kind}s`)
  const message = world.addMessage(bot, person.id, {
    from: 'person',
    date: now(),
    text: given.caption ?? '',
    media: { kind, file_id: file.file_id, name: file.name, size: file.bytes.length },
  })
  return { message, updateId: world.queue(bot, 'message', messageJson(bot, chat, message)) }
}

/**
 * Presses an inline button. Pressing again makes a new update id, as a re-sent press does in the real world; `data`
 * is not checked against the button, since a client may send anything.
 */
export function pressButton(
  world: World,
  given: Subject & { messageId: number; data: string },
): { updateId: number | undefined; queryId: string } {
  const { person, bot, chat } = privateChat(world, given)
  refuseIfBlocked(bot, person)
  const message = bot.chats.get(person.id)?.find(({ message_id: id }) => id === given.messageId)
  if (message === undefined) throw new Failure('not_found', `no message ${given.messageId} in this chat`)
  const queryId = addQuery(bot, person.id)
  const body = {
    id: queryId,
    from: personJson(person),
    message: messageJson(bot, chat, message),
    chat_instance: String(person.id),
    data: given.data,
  }
  return { queryId, updateId: world.queue(bot, 'callback_query', body, pressLifeMs) }
}

/** A person blocks a bot, or lets it back in. */
export function setBlocked(world: World, given: Subject & { blocked: boolean }): void {
  const { person, bot, chat } = privateChat(world, given)
  if (bot.blockedBy.has(person.id) === given.blocked) return
  if (given.blocked) bot.blockedBy.add(person.id)
  else bot.blockedBy.delete(person.id)
  const user = botJson(bot)
  const member = { user, status: 'member' }
  const kicked = { user, status: 'kicked', until_date: 0 }
  world.queue(bot, 'my_chat_member', {
    chat: chatJson(chat),
    from: personJson(person),
    date: now(),
    old_chat_member: given.blocked ? member : kicked,
    new_chat_member: given.blocked ? kicked : member,
  })
  world.changed({ botId: bot.id, chatId: person.id })
}

/** A message in a group that the bot belongs to; the bot may answer there, and has now met this person. */
export function sendGroupText(world: World, given: Subject & { text: string; title?: string | undefined }): Delivered {
  const { person, bot } = privateChat(world, given)
  const chat: Chat = { type: 'supergroup', ...world.group(given.title ?? 'A group') }
  bot.met.add(person.id)
  const message = world.addMessage(bot, chat.id, { from: 'person', author: person, date: now(), text: given.text })
  return { message, updateId: world.queue(bot, 'message', messageJson(bot, chat, message)) }
}

function refuseIfBlocked(bot: Bot, person: Person): void {
  if (!bot.blockedBy.has(person.id)) return
  throw new Failure('conflict', `${person.first_name} has blocked @${bot.username}: unblock it first, or send /start`)
}

function privateChat(world: World, given: Subject): { person: Person; bot: Bot; chat: Chat } {
  const person = world.people.get(given.personId)
  const bot = world.bots.get(given.botId)
  if (person === undefined) throw new Failure('not_found', `no person ${given.personId}`)
  if (bot === undefined) throw new Failure('not_found', `no bot ${given.botId}`)
  return { person, bot, chat: { type: 'private', id: person.id, person } }
}
