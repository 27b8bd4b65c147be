/** What people do: write, press a button, block a bot. Each becomes an update as the real server makes it. */
import { randomInt } from 'node:crypto'
import { messageJson, now } from './send-methods.ts'
import type { Bot, ChatMessage, Person, World } from './world.ts'

/** A person or a bot that a control names and that does not exist. */
export class UnknownSubject extends Error {}

export interface Delivered {
  readonly message: ChatMessage
  /** Undefined when the bot's last poll did not ask for this kind. */
  readonly updateId: number | undefined
}

/** Sends a person's text to a bot; `date` in Unix seconds lets a message be old. */
export function sendText(
  world: World,
  given: { personId: number; botId: number; text: string; date?: number | undefined },
): Delivered {
  const { person, bot } = subjects(world, given)
  const message = world.addMessage(bot, person.id, {
    from: 'person',
    date: given.date ?? now(),
    text: given.text,
    html: undefined,
    reply_markup: undefined,
  })
  return { message, updateId: world.queue(bot, 'message', messageJson(bot, person, message)) }
}

/** Presses an inline button. Pressing again makes a new update id, as a re-sent press does in the real world. */
export function pressButton(
  world: World,
  given: { personId: number; botId: number; messageId: number; data: string },
): { updateId: number | undefined } {
  const { person, bot } = subjects(world, given)
  const message = bot.chats.get(person.id)?.find(({ message_id: id }) => id === given.messageId)
  if (message === undefined) throw new UnknownSubject(`no message ${given.messageId}`)
  const id = String(randomInt(1, 2 ** 47))
  bot.queries.set(id, Date.now())
  const updateId = world.queue(bot, 'callback_query', {
    id,
    from: { ...person, is_bot: false },
    message: messageJson(bot, person, message),
    chat_instance: String(person.id),
    data: given.data,
  })
  return { updateId }
}

/** A person blocks a bot, or lets it back in. */
export function setBlocked(world: World, given: { personId: number; botId: number; blocked: boolean }): void {
  const { person, bot } = subjects(world, given)
  if (bot.blockedBy.has(person.id) === given.blocked) return
  if (given.blocked) bot.blockedBy.add(person.id)
  else bot.blockedBy.delete(person.id)
  const user = { id: bot.id, is_bot: true, first_name: bot.name, username: bot.username }
  world.queue(bot, 'my_chat_member', {
    chat: { id: person.id, type: 'private', first_name: person.first_name },
    from: { ...person, is_bot: false },
    date: now(),
    old_chat_member: { user, status: given.blocked ? 'member' : 'kicked' },
    new_chat_member: { user, status: given.blocked ? 'kicked' : 'member' },
  })
  world.changed(bot.id, person.id)
}

/** A message in a group that the bot belongs to. */
export function sendGroupText(world: World, given: { personId: number; botId: number; text: string }): void {
  const { person, bot } = subjects(world, given)
  world.queue(bot, 'message', {
    message_id: bot.nextMessageId++,
    from: { ...person, is_bot: false },
    chat: { id: -100_500, title: 'A group', type: 'supergroup' },
    date: now(),
    text: given.text,
  })
}

function subjects(world: World, given: { personId: number; botId: number }): { person: Person; bot: Bot } {
  const person = world.people.get(given.personId)
  const bot = world.bots.get(given.botId)
  if (person === undefined) throw new UnknownSubject(`no person ${given.personId}`)
  if (bot === undefined) throw new UnknownSubject(`no bot ${given.botId}`)
  return { person, bot }
}
