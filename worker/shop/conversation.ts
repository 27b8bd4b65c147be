/**
 * The one conversation of every channel: what a person did goes in, the room that it leads to answers, screens come out.
 * Knows no channel's words. What a person was asked for travels with the note that the answer went out, so that it and
 * the answer stand or fall together; a worker that does not know it asks (`recall`) before it reads a text.
 */
import { type Asked, type Language, languageOfHint } from '../../domain/worker-contract.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { GatewayClient } from '../gateway-client.ts'
import { common, homeChoice, plainly } from './common.ts'
import { tokenText } from './office/words.ts'
import { House, type Room } from './room.ts'
import { rooms } from './rooms.ts'
import type { Said, Screen } from './screen.ts'
import { type Arrival, type Reply, type TokenFate, Turn } from './turn.ts'

/** Chats whose last ask or language is remembered here; the others' are recalled. */
const chatsMax = 2000
/** A call that takes this long is spoken of. */
const busyAfterMs = 3000

export interface Answer {
  readonly screens: readonly Screen[]
  /** An answer to this update went out before: nothing is to be sent. */
  readonly answered: boolean
  /** Marks of earlier attempts to answer this update: one of them may have succeeded. */
  readonly earlierMarks: readonly string[]
  readonly asks: Asked | null
  readonly pokesOutbox: boolean
}

/** Says that the bot is busy, once, where the answer will stand. */
export type SayBusy = (screen: Screen) => Promise<void>

export interface ConversationContext {
  readonly gateway: GatewayClient
  readonly clock: Clock
  readonly identity: { readonly name: string; readonly tenant: string }
}

export class Conversation {
  readonly #context: ConversationContext
  readonly #house: House
  /** What chats were asked for, as far as this worker knows: null is nothing, absent is unknown. */
  readonly #asked = new Map<string, Asked | null>()
  readonly #languages = new Map<string, Language>()

  constructor(context: ConversationContext, given: readonly Room[] = rooms) {
    this.#context = context
    this.#house = new House(given, context.identity.tenant)
  }

  /** Commands that everybody is offered, with their descriptions. */
  get menu(): Room['menu'] {
    return this.#house.menu
  }

  /** Handles one turn; its effect stands before the answer is returned. */
  async respond(said: Said, arrival: Arrival, sayBusy: SayBusy): Promise<Answer> {
    const stopWaiting = this.#speakWhenBusy(arrival, sayBusy)
    try {
      return await this.#respond(said, arrival)
    } finally {
      await stopWaiting()
    }
  }

  /** Notes that an answer went out, and what the person is asked for now. */
  async settle(arrival: Arrival, { asks }: Answer): Promise<void> {
    const { chatId, platformUserId } = arrival.person
    const before = this.#asked.get(chatId)
    const unchanged = before === null && asks === null
    await this.#context.gateway.call('answered', {
      updateKeys: [arrival.updateKey],
      asked: unchanged ? null : { platformUserId, state: asks },
    })
    remember(this.#asked, chatId, asks)
  }

  async #respond(said: Said, arrival: Arrival): Promise<Answer> {
    const turn = new Turn(arrival, {
      ...this.#context,
      ...this.#context.identity,
      botName: this.#context.identity.name,
    })
    const reply = await this.#reply(said, turn, arrival)
    if (reply === 'answered') return { screens: [], answered: true, earlierMarks: [], asks: null, pokesOutbox: false }
    remember(this.#languages, arrival.person.chatId, turn.language)
    const { asks = null, pokesOutbox = false } = reply
    return { ...turn.record, screens: screensOf(reply, turn.language, arrival.token), asks, pokesOutbox }
  }

  async #reply(said: Said, turn: Turn, arrival: Arrival): Promise<Reply | 'answered'> {
    if (arrival.isOld) return plainly('away')(turn, [])
    switch (said.kind) {
      case 'choice':
        return (this.#house.route(said.intent.route) ?? plainly('stale'))(turn, said.intent.args)
      case 'unknown_choice':
        return plainly('stale')(turn, [])
      case 'command':
        if (arrival.token !== null && !this.#house.takesToken(said.command)) return notRead(turn)
        return (this.#house.command(said.command) ?? plainly('unknown'))(turn, said.words)
      case 'text':
        return this.#listen(said.text, turn, arrival)
      default:
        throw new Error(`unknown words ${JSON.stringify(said satisfies never)}`)
    }
  }

  async #listen(text: string, turn: Turn, arrival: Arrival): Promise<Reply | 'answered'> {
    const { chatId } = turn.person
    let asked = this.#asked.get(chatId)
    if (asked === undefined) {
      const { state, answered } = await this.#context.gateway.call('recall', {
        updateKey: arrival.updateKey,
        person: turn.person,
      })
      asked = state
      remember(this.#asked, chatId, asked)
      if (answered) return 'answered'
    }
    if (arrival.token !== null && (asked === null || !this.#house.takesToken(asked.ask))) return notRead(turn)
    const listener = asked === null ? undefined : this.#house.listener(asked.ask)
    return listener === undefined ? plainly('unknown')(turn, []) : listener(turn, text, asked?.args ?? [])
  }

  /** @returns what ends the waiting; it resolves when what was said has been said. */
  #speakWhenBusy(arrival: Arrival, sayBusy: SayBusy): () => Promise<void> {
    const { chatId, languageHint } = arrival.person
    let said: Promise<void> | undefined
    const cancel = this.#context.clock.setTimer(busyAfterMs, () => {
      if (arrival.isOld) return
      said = sayBusy({ text: common(this.#languages.get(chatId) ?? languageOfHint(languageHint), 'busy') })
    })
    return async () => {
      cancel()
      await said
    }
  }
}

/** A message with a token that nobody asked for: it is noted, and kept from everybody. */
async function notRead(turn: Turn): Promise<Reply> {
  await turn.arrive()
  return { screens: [] }
}

/** Whoever wrote a token hears what became of it, unless it was asked for and is gone from the chat. */
function screensOf(reply: Reply, language: Language, token: TokenFate | null): readonly Screen[] {
  const screens = token === null || reply.tookToken === true ? reply.screens : []
  if (token === null || (token === 'erased' && reply.tookToken === true)) return screens
  return [{ text: tokenText(language, token), choices: [[homeChoice(language)]] }, ...screens]
}

/** Remembers the newest of them. */
function remember<T>(all: Map<string, T>, chat: string, value: T): void {
  all.delete(chat)
  const oldest = all.keys().next()
  if (all.size >= chatsMax && oldest.done !== true) all.delete(oldest.value)
  all.set(chat, value)
}
