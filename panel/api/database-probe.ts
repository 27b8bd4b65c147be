import type { Database } from '../../db/database.ts'

/** How long the database may take to count as answering (facts/panel-and-security.md 3.1). */
const answerWithinMs = 1_000

/**
 * Whether the database answers. However many ask, one ping is under way at a time: a health check that anybody may call
 * must not use up the pool.
 */
export class DatabaseProbe {
  readonly #database: Pick<Database, 'ping'>
  #underway: Promise<boolean> | undefined

  constructor(database: Pick<Database, 'ping'>) {
    this.#database = database
  }

  async answers(): Promise<boolean> {
    this.#underway ??= this.#ping()
    const late = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => late.resolve(false), answerWithinMs)
    try {
      return await Promise.race([this.#underway, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #ping(): Promise<boolean> {
    try {
      await this.#database.ping()
      return true
    } catch {
      return false
    } finally {
      this.#underway = undefined
    }
  }
}
