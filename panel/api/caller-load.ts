/** How much of one caller is under way at once: a program gone wild waits by itself, and nobody else behind it. */
import type { Response } from 'express'
import { Failure } from '../../domain/failure.ts'

/** Far above what a browser asks at once, and a multiple of the connections to the database. */
export const requestsAtOnceMax = 32

export class CallerLoad {
  readonly #underWay = new Map<string, number>()

  /** Counts a request until its answer has gone. Throws `too_many_attempts` when so many of this caller are under way. */
  enter(token: string, response: Response): void {
    const count = this.#underWay.get(token) ?? 0
    if (count >= requestsAtOnceMax) {
      throw new Failure('too_many_attempts', `${requestsAtOnceMax} requests of yours are under way: wait for some`, {
        details: { retryAfterSeconds: 1 },
      })
    }
    this.#underWay.set(token, count + 1)
    response.once('close', () => this.#leave(token))
  }

  #leave(token: string): void {
    const left = (this.#underWay.get(token) ?? 1) - 1
    if (left === 0) this.#underWay.delete(token)
    else this.#underWay.set(token, left)
  }
}
