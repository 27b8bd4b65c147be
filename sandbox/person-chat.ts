/** A person's side of a chat with one bot: for tests that talk to bots as people do. */
import { Failure } from '../domain/failure.ts'
import type { ChatMessage, Person } from './chat.ts'
import { type Delivered, pressButton, sendFile, sendText, setBlocked } from './people.ts'
import type { World } from './world.ts'

const waitLimitMs = 20_000

export class PersonChat {
  readonly #world: World
  readonly #subject: { readonly personId: number; readonly botId: number }
  #readUpTo = 0

  constructor(world: World, person: Person, botId: number) {
    if (!world.bots.has(botId)) throw new Failure('not_found', `the sandbox has no bot ${botId}`)
    this.#world = world
    this.#subject = { personId: person.id, botId }
  }

  /** Presses Start, with the payload of a deep link when there is one. */
  start(payload?: string): Delivered {
    return this.say(payload === undefined ? '/start' : `/start ${payload}`)
  }

  /** `date` in Unix seconds lets the message be old. */
  say(text: string, options: { date?: number; replyTo?: number } = {}): Delivered {
    return sendText(this.#world, { ...this.#subject, ...options, text })
  }

  /** A photo when the bytes are an image, else a document. */
  sendFile(name: string, bytes: Uint8Array, caption?: string): Delivered {
    const file = { name, type: '', bytes: Buffer.from(bytes) }
    return sendFile(this.#world, { ...this.#subject, file, caption })
  }

  /** Presses the newest button with this label or this callback data. */
  press(label: string): { updateId: number | undefined } {
    for (const message of this.messages().toReversed()) {
      const button = inlineButtonsOf(message).find(({ text, callback_data: data }) => text === label || data === label)
      if (button?.callback_data !== undefined) return this.pressData(message.message_id, button.callback_data)
    }
    throw new Failure('not_found', `no message here has a button "${label}"\n${this.#asText()}`)
  }

  /** Sends any callback data for a message, as a client with its own mind could. */
  pressData(messageId: number, data: string): { updateId: number | undefined } {
    return pressButton(this.#world, { ...this.#subject, messageId, data })
  }

  block(): void {
    setBlocked(this.#world, { ...this.#subject, blocked: true })
  }

  unblock(): void {
    setBlocked(this.#world, { ...this.#subject, blocked: false })
  }

  /** Everything said here that is still there, oldest first. */
  messages(): readonly ChatMessage[] {
    return this.#world.bots.get(this.#subject.botId)?.chats.get(this.#subject.personId) ?? []
  }

  /**
   * The bot's next message that was not read before and matches; waits for it, 20 s unless told otherwise.
   * Reading moves on: the answer after the next `answer()` is a later message.
   */
  async answer(match: Match = () => true, options: { timeoutMs?: number } = {}): Promise<ChatMessage> {
    const message = await this.waitFor((one) => one.message_id > this.#readUpTo && matches(one, match), options)
    this.#readUpTo = message.message_id
    return message
  }

  /** Any message of the bot that matches, old or new, edited or not; waits for it, 20 s unless told otherwise. */
  async waitFor(match: Match, options: { timeoutMs?: number } = {}): Promise<ChatMessage> {
    const find = () => this.messages().find((message) => message.from === 'bot' && matches(message, match))
    return find() ?? (await this.#untilFound(find, options.timeoutMs ?? waitLimitMs))
  }

  #untilFound(find: () => ChatMessage | undefined, timeoutMs: number): Promise<ChatMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stopListening()
        reject(new Failure('wait_timeout', `no such message within ${timeoutMs} ms\n${this.#asText()}`))
      }, timeoutMs)
      const stopListening = this.#world.onChange(() => {
        const found = find()
        if (found === undefined) return
        clearTimeout(timer)
        stopListening()
        resolve(found)
      })
    })
  }

  #asText(): string {
    const lines = this.messages().map(({ message_id: id, from, text }) => `  ${id} ${from}: ${text}`)
    return lines.length === 0 ? '(nothing was said here)' : lines.slice(-20).join('\n')
  }
}

/** A text the message must contain, a pattern, or a condition. */
export type Match = string | RegExp | ((message: ChatMessage) => boolean)

function matches(message: ChatMessage, match: Match): boolean {
  if (typeof match === 'function') return match(message)
  return typeof match === 'string' ? message.text.includes(match) : match.test(message.text)
}

export function inlineButtonsOf(message: ChatMessage): { text: string; callback_data?: string; url?: string }[] {
  const markup = message.reply_markup as { inline_keyboard?: { text: string; callback_data?: string }[][] } | undefined
  return markup?.inline_keyboard?.flat() ?? []
}
