/**
 * Watches a process that is not our child, and so tells us nothing of its end: an adopted worker. Looks at /proc
 * seldom by itself, and at once when somebody hints that it may be gone: its lifeline closed (facts/supervision.md).
 */
import type { ProcessIdentity } from '../domain/process-identity.ts'
import { livenessOf } from '../runtime/process-identity.ts'

const seldomMs = 2000
/** After a hint: the connection closes a moment before the process is gone. */
const soonMs = 5
const soonLooksMax = 200

export class ProcessWatch {
  /** Resolves when the process is provably gone; never after `stop`. */
  readonly gone: Promise<void>
  readonly #identity: ProcessIdentity
  #resolve: () => void = () => {}
  #timer: NodeJS.Timeout | undefined
  #soonLooks = 0
  #ended = false

  constructor(identity: ProcessIdentity) {
    this.#identity = identity
    this.gone = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#arm(0)
  }

  /** The process may be gone: look at once, and for a second very often. */
  hint(): void {
    if (this.#ended) return
    this.#soonLooks = soonLooksMax
    this.#arm(0)
  }

  /** Ends the watching; may be called twice. */
  stop(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #arm(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), delayMs)
    // Watching alone must not keep a supervisor alive that is done.
    this.#timer.unref()
  }

  #look(): void {
    if (this.#ended) return
    if (livenessOf(this.#identity) === 'dead') {
      this.stop()
      return this.#resolve()
    }
    if (this.#soonLooks > 0) this.#soonLooks -= 1
    this.#arm(this.#soonLooks > 0 ? soonMs : seldomMs)
  }
}
