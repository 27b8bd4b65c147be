/**
 * The one conversation of every channel: what a person did goes in, the room that it leads to answers, screens come out.
 * Knows no channel's words. What a person was asked for travels with the note that the answer went out, so that it and
 * the answer stand or fall together; a worker that does not know it asks (`recall`) before it reads a text.
 */
import {
  type Asked,
  type GatewayRequest,
  type Language,
  languageOfHint,
  type Menu,
  type Person,
} from '../../domain/worker-contract.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { GatewayClient } from '../gateway-client.ts'
import { keepNewest } from '../keep-newest.ts'
import { common, homeChoice, plainly } from './common.ts'
import { tokenText } from './office/words.ts'
import { House, type Room, type Route } from './room.ts'
import { rooms } from './rooms.ts'
import type { Said, Screen } from './screen.ts'
import { type Arrival, type Reply, type Sight, type Standing, type TokenFate, Turn } from './turn.ts'

/** People whose last ask or language is remembered here; the others' are recalled. */
const peopleMax = 2000
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
  /** In which the screens are. */
  readonly language: Language
}

/** What goes with the note that an answer went out. */
export interface Settling {
  /** The menu that it shows; left out when it shows none: then the one before holds. */
  readonly menu?: Menu
  /** What is written down to be sent, where the note comes first. */
  readonly sending?: GatewayRequest<'answered'>['sending']
  /** How far the channel's counter of messages is known to have come, where it has one. */
  readonly reached?: number
}

/** What a text says to a person with this before them: `text` is one that was asked for, or one that says nothing. */
export type ReadText = (text: string, standing: Standing) => Said | Route

/** Says that the bot is busy, once, where the answer will stand. */
export type SayBusy = (screen: Screen) => Promise<void>

export interface ConversationContext {
  readonly gateway: GatewayClient
  readonly clock: Clock
  readonly identity: { readonly name: string; readonly tenant: string }
  /** For channels where texts stand for presses. */
  readonly readText?: ReadText
}

export class Conversation {
  readonly #context: ConversationContext
  readonly #house: House
  /** What people have before them, by their ids. */
  readonly #sights = new Map<string, Sight>()
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

  /** What a person has before them, to be held on to when something of theirs comes in. */
  sightOf({ platformUserId }: Person): Sight {
    const known = this.#sights.get(platformUserId)
    if (known !== undefined) return known
    const unknown: Sight = { standing: undefined }
    keepNewest(this.#sights, platformUserId, unknown, peopleMax)
    return unknown
  }

  /**
   * Notes that an answer went out, or where the channel can send it again without doubling it, that it will; and what the
   * person is asked for now.
   * @returns what has them see it from now on, to be called when it is there.
   */
  async settle(arrival: Arrival, { asks }: Answer, { menu, sending, reached }: Settling = {}): Promise<() => void> {
    const { platformUserId } = arrival.person
    const before = this.sightOf(arrival.person).standing
    const unchanged = before !== undefined && before.asked === null && asks === null && menu === undefined
    const standing = { asked: asks, menu: menu ?? before?.menu ?? [] }
    await this.#context.gateway.call('answered', {
      updateKeys: [arrival.updateKey],
      asked: unchanged ? null : { platformUserId, state: keptOf(standing) },
      ...(sending === undefined ? {} : { sending: [...sending] }),
      ...(reached === undefined ? {} : { reached }),
    })
    return () => keepNewest(this.#sights, platformUserId, { standing }, peopleMax)
  }

  async #respond(said: Said, arrival: Arrival): Promise<Answer> {
    const turn = new Turn(arrival, {
      ...this.#context,
      ...this.#context.identity,
      botName: this.#context.identity.name,
    })
    const reply = await this.#reply(said, turn, arrival)
    if (reply === 'answered') return alreadyAnswered
    const { language } = turn
    keepNewest(this.#languages, arrival.person.platformUserId, language, peopleMax)
    const { asks = null, pokesOutbox = false } = reply
    return { ...turn.record, screens: screensOf(reply, language, arrival.token), asks, pokesOutbox, language }
  }

  async #reply(said: Said, turn: Turn, arrival: Arrival): Promise<Reply | 'answered'> {
    if (arrival.isOld) return plainly('away')(turn, [])
    if (said.kind !== 'text') return this.#obey(said, turn, arrival)
    const standing = await this.#recall(arrival)
    if (standing === 'answered') return standing
    const meant = this.#context.readText?.(said.text, standing) ?? said
    if (typeof meant === 'function') return arrival.token === null ? meant(turn, []) : notRead(turn)
    if (meant.kind !== 'text') return this.#obey(meant, turn, arrival)
    return this.#listen(meant.text, standing, turn, arrival)
  }

  async #obey(said: Exclude<Said, { kind: 'text' }>, turn: Turn, arrival: Arrival): Promise<Reply> {
    switch (said.kind) {
      case 'choice':
        return (this.#house.route(said.intent.route) ?? plainly('stale'))(turn, said.intent.args)
      case 'unknown_choice':
        return plainly('stale')(turn, [])
      case 'command':
        if (arrival.token !== null && !this.#house.takesToken(said.command)) return notRead(turn)
        return (this.#house.command(said.command) ?? plainly('unknown'))(turn, said.words)
      default:
        throw new Error(`unknown words ${JSON.stringify(said satisfies never)}`)
    }
  }

  async #recall(arrival: Arrival): Promise<Standing | 'answered'> {
    const { person, updateKey } = arrival
    const sight = arrival.sight ?? this.sightOf(person)
    if (sight.standing !== undefined) return sight.standing
    const { state, answered } = await this.#context.gateway.call('recall', { updateKey, person })
    const { ask = '', args = [], menu = [] } = state ?? {}
    sight.standing = { asked: ask === '' ? null : { ask, args }, menu }
    return answered ? 'answered' : sight.standing
  }

  async #listen(text: string, { asked }: Standing, turn: Turn, arrival: Arrival): Promise<Reply> {
    if (arrival.token !== null && (asked === null || !this.#house.takesToken(asked.ask))) return notRead(turn)
    const listener = asked === null ? undefined : this.#house.listener(asked.ask)
    return listener === undefined ? plainly('unknown')(turn, []) : listener(turn, text, asked?.args ?? [])
  }

  /** @returns what ends the waiting; it resolves when what was said has been said. */
  #speakWhenBusy(arrival: Arrival, sayBusy: SayBusy): () => Promise<void> {
    const { platformUserId, languageHint } = arrival.person
    let said: Promise<void> | undefined
    const cancel = this.#context.clock.setTimer(busyAfterMs, () => {
      if (arrival.isOld) return
      said = sayBusy({ text: common(this.#languages.get(platformUserId) ?? languageOfHint(languageHint), 'busy') })
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

const alreadyAnswered: Answer = {
  screens: [],
  answered: true,
  earlierMarks: [],
  asks: null,
  pokesOutbox: false,
  language: 'en',
}

/** A standing as it is kept; null when there is nothing to keep. */
function keptOf({ asked, menu }: Standing): NonNullable<GatewayRequest<'answered'>['asked']>['state'] {
  if (asked === null && menu.length === 0) return null
  return { ...(asked ?? { ask: '', args: [] }), ...(menu.length === 0 ? {} : { menu }) }
}
