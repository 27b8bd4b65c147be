/**
 * The one conversation of every channel: an intent goes in, one gateway call records it and applies its effect once,
 * screens come out. Knows no channel's words.
 */
import { type Language, languages, type Person } from '../../domain/worker-contract.ts'
import type { GatewayClient } from '../gateway-client.ts'
import type { Choice, Intent, Screen } from './screen.ts'
import { languageNames, languageOfHint, type TextKey, text } from './texts.ts'

const linkPrefix = 'link-'

export interface Turn {
  readonly intent: Intent
  readonly person: Person
  /** The channel's own key of this message or press. */
  readonly updateKey: string
  /** The message is from a time when the bot did not run: it is noted, but not obeyed. */
  readonly isOld: boolean
  /** Where the channel stands: an answer to this turn lies behind it. Null when it cannot say. */
  readonly answerMark: string | null
}

export interface Reply {
  readonly screens: readonly Screen[]
  /** An answer to this update went out before: nothing is to be sent. */
  readonly answered: boolean
  /** Marks of earlier attempts to answer this update: one of them may have succeeded. */
  readonly earlierMarks: readonly string[]
}

export class Conversation {
  readonly #gateway: GatewayClient
  readonly #botName: string

  constructor(gateway: GatewayClient, botName: string) {
    this.#gateway = gateway
    this.#botName = botName
  }

  /** Handles one turn; the effect stands before the reply is returned. */
  async respond(turn: Turn): Promise<Reply> {
    const { intent, person, updateKey, answerMark } = turn
    const base = { updateKey, nonce: null, person, answerMark }
    if (turn.isOld) return this.#arrive(turn, (language) => [{ text: text(language, 'away') }])
    switch (intent.kind) {
      case 'start':
        return intent.payload?.startsWith(linkPrefix) === true
          ? this.#redeemLink(turn, intent.payload.slice(linkPrefix.length))
          : this.#arrive(turn, (language) => [this.#greeting(language, person)])
      case 'help':
        return this.#arrive(turn, (language) => [{ text: text(language, 'help') }])
      case 'id':
        return this.#arrive(turn, (language) => [{ text: text(language, 'id', { id: person.platformUserId }) }])
      case 'language':
        return this.#arrive(turn, (language) => [languageMenu(text(language, 'choose_language'))])
      case 'choose_language': {
        // The nonce belongs to one rendering of the menu: a press that is sent twice is one press.
        const nonce = `${person.chatId}:${intent.nonce}:${intent.language}`
        const choice = { ...base, nonce, language: intent.language }
        const { answered, earlierMarks } = await this.#gateway.call('chooseLanguage', choice)
        const chosen = text(intent.language, 'language_chosen')
        return { answered, earlierMarks, screens: [{ ...languageMenu(chosen), replaces: true }] }
      }
      case 'text':
        return this.#arrive(turn, (language) => [{ text: text(language, 'unknown') }])
      default:
        throw new Error(`unknown intent ${JSON.stringify(intent satisfies never)}`)
    }
  }

  async #arrive(turn: Turn, screens: (language: Language) => readonly Screen[]): Promise<Reply> {
    const { updateKey, person, answerMark } = turn
    const call = { updateKey, nonce: null, person, answerMark }
    const { outcome, answered, earlierMarks } = await this.#gateway.call('arrive', call)
    return { answered, earlierMarks, screens: screens(outcome.language ?? languageOfHint(person.languageHint)) }
  }

  async #redeemLink(turn: Turn, code: string): Promise<Reply> {
    const { updateKey, person, answerMark } = turn
    const call = { updateKey, nonce: null, person, answerMark, code }
    const { outcome, answered, earlierMarks } = await this.#gateway.call('redeemLink', call)
    const language = outcome.language ?? languageOfHint(person.languageHint)
    const key: TextKey = outcome.result === 'linked' ? 'linked' : `link_${outcome.result}`
    return { answered, earlierMarks, screens: [{ text: text(language, key, { username: outcome.username ?? '' }) }] }
  }

  #greeting(language: Language, person: Person): Screen {
    return {
      text: text(language, 'greeting', { person: person.displayName ?? '', bot: this.#botName }),
      choices: [
        [
          { label: text(language, 'button_help'), intent: { kind: 'help' } },
          { label: text(language, 'button_language'), intent: { kind: 'language' } },
        ],
      ],
    }
  }
}

function languageMenu(heading: string): Screen {
  // Tells renderings of one chat apart and is no secret, for which every worker would have to load cryptography.
  const nonce = Math.random().toString(36).slice(2, 12)
  const choices = languages.map((language): Choice[] => [
    { label: languageNames[language], intent: { kind: 'choose_language', language, nonce } },
  ])
  return { text: heading, choices }
}
