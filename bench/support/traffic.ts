/**
 * People who write to every bot of a fleet while something happens to its servers. Each writes once, so that what a
 * chat holds in the end says whether the message was lost or answered twice.
 */
import type { Fleet, FleetBot } from './fleet.ts'
import { pause } from './wait.ts'

export interface Verdict {
  readonly sent: number
  /** Messages that were not answered. */
  readonly lost: number
  /** Messages that were answered more than once. */
  readonly twice: number
  /** The longest that somebody waited for an answer. */
  readonly longestWaitMs: number
}

interface Said {
  readonly botId: number
  readonly personId: number
  readonly atMs: number
}

export class Traffic {
  readonly #fleet: Fleet
  readonly #signal: AbortSignal
  readonly #stopping = new AbortController()
  readonly #said: Said[] = []
  readonly #running: Promise<void>

  /** Begins to write, to one bot after the other. */
  constructor(fleet: Fleet, options: { everyMs: number; signal: AbortSignal }) {
    this.#fleet = fleet
    this.#signal = options.signal
    this.#running = this.#write(options.everyMs)
    this.#running.catch(() => {})
  }

  /** Ends the writing, waits for the last answers as long as somebody may still get one, and judges. */
  async end(waitMs: number): Promise<Verdict> {
    this.#stopping.abort()
    await this.#running
    const endsAtMs = performance.now() + waitMs
    for (;;) {
      const verdict = await this.#judge()
      if (verdict.lost === 0 || performance.now() > endsAtMs) return verdict
      await pause(500, this.#signal)
    }
  }

  async #write(everyMs: number): Promise<void> {
    for (let turn = 0; !this.#stopping.signal.aborted; turn += 1) {
      const bot = this.#fleet.bots[turn % this.#fleet.bots.length] as FleetBot
      const personId = await this.#fleet.sandbox.addPerson()
      this.#said.push({ botId: bot.botId, personId, atMs: Date.now() })
      await this.#fleet.sandbox.say(bot.botId, personId, '/id')
      await pause(everyMs, this.#signal)
    }
  }

  async #judge(): Promise<Verdict> {
    const answers = new Map<string, number[]>()
    for (const line of await this.#fleet.sandbox.audit({ kind: 'sent' })) {
      if (line.kind !== 'sent') continue
      const chat = `${line.botId} ${line.chatId}`
      answers.set(chat, [...(answers.get(chat) ?? []), line.atMs])
    }
    const found = this.#said.map((said) => ({ said, at: answers.get(`${said.botId} ${said.personId}`) ?? [] }))
    return {
      sent: this.#said.length,
      lost: found.filter(({ at }) => at.length === 0).length,
      twice: found.filter(({ at }) => at.length > 1).length,
      longestWaitMs: Math.max(0, ...found.flatMap(({ said, at }) => (at[0] === undefined ? [] : [at[0] - said.atMs]))),
    }
  }
}
