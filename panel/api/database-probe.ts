import type { Database } from '../../db/database.ts'

/** How long the database may take to count as answering (facts/panel-and-security.md 3.1). */
const answerWithinMs = 1_000

/**
 * Whether the database answers, and as it should. However many ask, one question is under way at a time: a health check
 * that anybody may call must not use up the pool.
 */
export class DatabaseProbe {
  readonly #database: Pick<Database, 'ping'>
  readonly #isFit: () => Promise<boolean>
  #underway: Promise<boolean> | undefined

  /** `isFit` is asked of a database that answers. */
  constructor(database: Pick<Database, 'ping'>, isFit: () => Promise<boolean> = () => Promise.resolve(true)) {
    this.#database = database
    this.#isFit = isFit
  }

  async answers(): Promise<boolean> {
    this.#underway ??= this.#ask()
    const late = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => late.resolve(false), answerWithinMs)
    try {
      return await Promise.race([this.#underway, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #ask(): Promise<boolean> {
    try {
      await this.#database.ping()
      return await this.#isFit()
    } catch {
      return false
    } finally {
      this.#underway = undefined
    }
  }
}
