/**
 * The worker's deadline (design section 5, point 4): its monotonic time *before sending* a heartbeat plus the grant of
 * the answer. Looked at before each poll, each update and each send; a timer alone is not enough, since a stopped
 * process wakes up past its timer. When wall and monotonic clock drift apart, the worker pauses until a heartbeat is
 * accepted again: one of the two has jumped, and the host may have slept.
 */
import type { Clock } from '../runtime/clock.ts'
import { WorkerExit } from './worker-exit.ts'

const driftMaxMs = 5000
const lookEveryMs = 50

export class Deadline {
  readonly #clock: Clock
  #deadlineMs: number | undefined
  #wallOffsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Takes a grant over; `sentAtMs` is the monotonic time before the heartbeat was sent. Once past, it stays past. The
   * answer was given at some moment since then, so an earlier deadline that the grant may reach still holds: otherwise
   * the late answer of a supervisor that had stood still would take away time that it had granted before. One that the
   * grant cannot reach was cut short, as that of a subscription.
   */
  extend(sentAtMs: number, grantMs: number): void {
    if (this.isPast()) return
    const leastMs = sentAtMs + grantMs
    const mostMs = this.#clock.monotonicMs() + grantMs
    const earlierMs = this.#deadlineMs
    this.#deadlineMs = earlierMs === undefined || earlierMs > mostMs ? leastMs : Math.max(earlierMs, leastMs)
    this.#wallOffsetMs = this.#clock.wallMs() - this.#clock.monotonicMs()
  }

  /** Whether any time was ever granted. */
  get isSet(): boolean {
    return this.#deadlineMs !== undefined
  }

  /** Milliseconds left; 0 before the first grant. */
  leftMs(): number {
    return this.#deadlineMs === undefined ? 0 : Math.max(0, this.#deadlineMs - this.#clock.monotonicMs())
  }

  /** Whether the worker may receive, handle and send right now. */
  mayRun(): boolean {
    return this.leftMs() > 0 && !this.drifted()
  }

  /**
   * Returns at once while the worker may run; waits while it is paused; throws `lease_lost` once the deadline has
   * passed. Asked before each poll, each update and each send.
   */
  async untilMayRun(): Promise<void> {
    while (!this.mayRun()) {
      if (this.isPast()) throw new WorkerExit('lease_lost', 'the deadline has passed')
      await new Promise<void>((resolve) => {
        this.#clock.setTimer(lookEveryMs, resolve)
      })
    }
  }

  /** Whether a grant was given and has run out: there is no way back. */
  isPast(): boolean {
    return this.isSet && this.leftMs() <= 0
  }

  /** Whether the two clocks have moved apart since the last grant. */
  drifted(): boolean {
    const offsetMs = this.#clock.wallMs() - this.#clock.monotonicMs()
    return this.#deadlineMs !== undefined && Math.abs(offsetMs - this.#wallOffsetMs) > driftMaxMs
  }
}
