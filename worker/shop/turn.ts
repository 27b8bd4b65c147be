/**
 * One turn of a conversation: who speaks, in which bot, and the one gateway call that records the update, applies what
 * it asks for once, and says in which language to answer.
 */

import type { TokenVerdict } from '../../domain/admin-calls.ts'
import {
  type Asked,
  type GatewayAnswer,
  type GatewayRequest,
  type Language,
  languageOfHint,
  type Menu,
  type Person,
  type TurnCallName,
} from '../../domain/worker-contract.ts'
import type { GatewayClient } from '../gateway-client.ts'
import type { Screen } from './screen.ts'

/** What a turn brings, in the channel's words. */
export interface Arrival {
  readonly person: Person
  /** The channel's own key of this message or press. */
  readonly updateKey: string
  /** Names the chat in keys that stand where they can be read; its own name where this is left out. */
  readonly chatKey?: string
  /**
   * Short and the same however often this message or press is delivered, and no other one's: what a screen carries that
   * is to be confirmed once. At most 12 letters and digits.
   */
  readonly nonce: string
  /** The message is from a time when the bot did not run: it is noted, but not obeyed. */
  readonly isOld: boolean
  /** Where the channel stands: an answer to this turn lies behind it. Null when it cannot say. */
  readonly answerMark: string | null
  /** What became of a bot's token in this message; null when it holds none. */
  readonly token: TokenFate | null
  /** What the person had before them when they wrote this; left out where that is what they have before them now. */
  readonly sight?: Sight
  /** Asks the bots' own messenger of a token; left out where nobody can be asked. */
  readonly verdictOf?: (token: string) => Promise<TokenVerdict>
}

/** What a chat's last answer left behind. */
export interface Standing {
  readonly asked: Asked | null
  readonly menu: Menu
}

/** What a person has before them until the next answer; the worker may have yet to learn it. */
export interface Sight {
  standing: Standing | undefined
}

/** A message with a token was taken out of the chat, or could not be. */
export type TokenFate = 'erased' | 'left'

/** What a route or an ask comes to. */
export interface Reply {
  readonly screens: readonly Screen[]
  /** What the next text will be about. Without it nothing is asked for any more, whatever was before. */
  readonly asks?: Asked
  /** The turn wrote messages that wait to be delivered: they are looked for at once. */
  readonly pokesOutbox?: boolean
  /** The token that the person wrote was asked for, and is used. */
  readonly tookToken?: boolean
}

type Question<N extends TurnCallName> = Omit<GatewayRequest<N>, 'updateKey' | 'nonce' | 'person' | 'answerMark'>

/** What the conversation needs to know of a turn's call once it was made. */
export interface TurnRecord {
  readonly answered: boolean
  readonly earlierMarks: readonly string[]
}

export class Turn {
  readonly person: Person
  /** `master` or `agent:<id>`. */
  readonly tenant: string
  readonly botName: string
  readonly nonce: string
  readonly chatKey: string
  readonly #arrival: Arrival
  readonly #gateway: GatewayClient
  #called = false
  #language: Language | undefined
  #record: TurnRecord | undefined

  constructor(arrival: Arrival, given: { gateway: GatewayClient; tenant: string; botName: string }) {
    this.person = arrival.person
    this.tenant = given.tenant
    this.botName = given.botName
    this.nonce = arrival.nonce
    this.chatKey = arrival.chatKey ?? arrival.person.chatId
    this.#arrival = arrival
    this.#gateway = given.gateway
  }

  /**
   * Makes the turn's one call: a second one would be taken for the first one's repetition. `nonce` applies it once under
   * other update keys, too.
   * @returns the call's outcome.
   */
  async call<N extends TurnCallName>(
    name: N,
    question: Question<N>,
    nonce: string | null = null,
  ): Promise<GatewayAnswer<N>['outcome']> {
    if (this.#called) throw new Error(`a turn makes one call: ${name} is a second one`)
    this.#called = true
    const { updateKey, person, answerMark } = this.#arrival
    const body = { ...question, updateKey, nonce, person, answerMark } as unknown as GatewayRequest<N>
    const { outcome, answered, earlierMarks } = await this.#gateway.call(name, body)
    this.#language = outcome.language ?? languageOfHint(person.languageHint)
    this.#record = { answered, earlierMarks }
    return outcome
  }

  /** The call of a turn that needs nothing but to be known. */
  async arrive(): Promise<void> {
    await this.call('arrive', {})
  }

  /** In which language to answer; known once the call was made. */
  get language(): Language {
    if (this.#language === undefined) throw new Error('the language of a turn is known after its call')
    return this.#language
  }

  /** What the messenger says of another bot's token. */
  async verdictOf(token: string): Promise<TokenVerdict> {
    return (await this.#arrival.verdictOf?.(token)) ?? { kind: 'unknown' }
  }

  /** Throws when the turn has made no call: nobody would know of its update. */
  get record(): TurnRecord {
    if (this.#record === undefined) throw new Error('a turn has made no call')
    return this.#record
  }
}
