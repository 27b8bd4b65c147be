/** Follows one bot's log for one stream: reads on from a place, here or on the server that has it. */
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../../domain/failure.ts'
import type { InstanceLog } from '../../runtime/instance-log.ts'
import type { LogPage } from '../../runtime/log-page.ts'

const lookEveryMs = 500
const askEveryMs = 2000
const askAgainMs = 10_000

export interface FollowedLog {
  readonly id: string
  readonly tenant: string
  readonly log: InstanceLog
}

export interface FollowerEvents {
  readonly onPage: (page: LogPage) => void
  /** It cannot be read for now; said once until it can. */
  readonly onTrouble: (detail: string) => void
  /** Nothing is read while this is true: what was not taken is read later. */
  readonly isHeld: () => boolean
}

export class LogFollower {
  readonly #followed: FollowedLog
  readonly #events: FollowerEvents
  readonly #stopping = new AbortController()
  #place: string | undefined
  #isHeld = false
  #isTroubled = false

  /** `after`: the place that was reached before; the present end when undefined. */
  constructor(followed: FollowedLog, after: string | undefined, events: FollowerEvents) {
    this.#followed = followed
    this.#place = after
    this.#events = events
  }

  /** Up to where it was told: a place, or `start` while nothing was logged; undefined until that is known. */
  get place(): string | undefined {
    return this.#place
  }

  start(): void {
    void this.#follow()
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
  }

  stop(): void {
    this.#stopping.abort()
  }

  get #mayTell(): boolean {
    return !this.#stopping.signal.aborted && !this.#isHeld && !this.#events.isHeld()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping
    const pauseMs = this.#followed.log.path === undefined ? askEveryMs : lookEveryMs
    while (!signal.aborted) {
      let nextInMs = pauseMs
      try {
        if (this.#mayTell && (await this.#readOn(signal))) nextInMs = 0
        this.#isTroubled = false
      } catch (error) {
        if (signal.aborted) return
        nextInMs = askAgainMs
        if (!this.#isTroubled) this.#events.onTrouble(error instanceof Failure ? error.message : 'it cannot be read')
        this.#isTroubled = true
      }
      await delay(nextInMs, undefined, { signal }).catch(() => {})
    }
  }

  /** @returns whether there may be more at once. */
  async #readOn(signal: AbortSignal): Promise<boolean> {
    const { log } = this.#followed
    if (this.#place === undefined) {
      const end = await log.read({ lines: 1 }, signal)
      this.#place = end.after ?? 'start'
      // Nothing new, but from here on: what is resumed after names the place.
      this.#events.onPage({ ...end, lines: [] })
      return false
    }
    const page = await log.read({ lines: 1, after: this.#place }, signal)
    // What cannot be told now is read again.
    if (!this.#mayTell) return false
    this.#place = page.after ?? this.#place
    if (page.lines.length > 0 || page.skipped) this.#events.onPage(page)
    return page.lines.length > 0
  }
}
