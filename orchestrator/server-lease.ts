/**
 * Keeps a server's lease: one row, one statement, every third of its time to live (design section 5, point 2).
 *
 * Local time ends before the database's: the lease is trusted until TTL after the monotonic time *before* the renewing
 * statement was sent. Renewed, lost, or unknown (the database does not answer); while it is unknown nothing is
 * started, and workers run on to the deadline that they were granted.
 */
import { Failure } from '../domain/failure.ts'
import type { ServerOrders } from '../domain/server-lease.ts'
import { renewServerLease } from '../services/renew-server-lease.ts'
import type { ClockReading, ClockWatch } from './clock-watch.ts'
import type { OrchestratorContext } from './context.ts'

export type LeaseEnd = 'lost' | 'lapsed'

interface LeaseEvents {
  /** Is given the database's clock with every renewal. */
  readonly clockWatch: ClockWatch
  /** The name is no longer ours, or the time has run out unrenewed; called once. */
  readonly onEnd: (end: LeaseEnd) => void
  /** What the row orders of this server, at each renewal. */
  readonly onRenewed: (orders: ServerOrders) => void
}

export class ServerLease {
  readonly serverEpoch: number
  readonly #context: OrchestratorContext
  readonly #ttlMs: number
  readonly #events: LeaseEvents
  #heldUntilMs: number
  #certain = true
  #ended = false
  #renewing = false
  /** The database's clock when it wrote the `lease_until` that stands: whether that has lapsed is counted from it. */
  #written: { readonly clockMs: number; readonly sentAtMs: number }
  #renewSoon = false
  #cancelTimer: () => void = () => {}

  /** `sentAtMs`: monotonic time before the statement that took the name was sent. */
  constructor(
    context: OrchestratorContext,
    taken: { readonly serverEpoch: number; readonly sentAtMs: number; readonly clockMs: number },
    events: LeaseEvents,
  ) {
    this.#context = context
    this.serverEpoch = taken.serverEpoch
    this.#ttlMs = context.settings.LEASE_TTL_SECONDS * 1000
    this.#heldUntilMs = taken.sentAtMs + this.#ttlMs
    this.#written = taken
    this.#events = events
  }

  /** Milliseconds that workers may still be granted; never negative. */
  leaseLeftMs(): number {
    return this.#ended ? 0 : Math.max(0, this.#heldUntilMs - this.#context.clock.monotonicMs())
  }

  /** Whether the last renewal succeeded and its time has not run out: the condition for starting anything. */
  isCertain(): boolean {
    return this.#certain && this.leaseLeftMs() > 0
  }

  start(): void {
    this.#context.metrics.leaseRenewed()
    this.#schedule(this.#ttlMs / 3)
  }

  /** Renews at once, because the database's clock has jumped and the row does not fit it any more. */
  renewNow(): void {
    this.#renewSoon = this.#renewing
    if (this.#ended || this.#renewing) return
    this.#cancelTimer()
    void this.#renew()
  }

  /** Ends the keeping; may be called twice. The row itself is freed by `freeServerName` or left to lapse. */
  stop(): void {
    this.#ended = true
    this.#cancelTimer()
  }

  #schedule(delayMs: number): void {
    if (this.#ended) return
    this.#cancelTimer = this.#context.clock.setTimer(delayMs, () => void this.#renew())
  }

  async #renew(): Promise<void> {
    this.#renewing = true
    try {
      await this.#renewOnce()
    } finally {
      this.#renewing = false
    }
  }

  async #renewOnce(): Promise<void> {
    const sentAtMs = this.#context.clock.monotonicMs()
    if (sentAtMs >= this.#heldUntilMs) return this.#end('lapsed')
    try {
      const verdict = await renewServerLease(this.#context.database, {
        server: this.#context.server,
        serverEpoch: this.serverEpoch,
        ttlMs: this.#ttlMs,
        expectedClockMs: this.#written.clockMs + sentAtMs - this.#written.sentAtMs,
      })
      const receivedAtMs = this.#context.clock.monotonicMs()
      if (this.#ended) return
      if (verdict.kind === 'lost') return this.#end('lost')
      this.#heldUntilMs = sentAtMs + this.#ttlMs
      this.#context.metrics.leaseRenewed()
      this.#written = { clockMs: verdict.clockMs, sentAtMs }
      if (!this.#certain) this.#context.log.info('the database answers again: lease renewed')
      this.#certain = true
      this.#events.onRenewed(verdict.orders)
      this.#watchClock({ clockMs: verdict.clockMs, sentAtMs, receivedAtMs })
      this.#schedule(this.#renewSoon ? 0 : this.#ttlMs / 3)
      this.#renewSoon = false
    } catch (error) {
      this.#missed(error)
    }
  }

  #watchClock(reading: ClockReading): void {
    this.#events.clockWatch.judge(reading).catch((error: unknown) => {
      this.#context.log.debug({ error: String(error) }, 'a jump of the clock could not be recorded yet')
    })
  }

  #missed(error: unknown): void {
    if (this.#ended) return
    if (this.#certain) {
      const reason = error instanceof Failure ? error.message : String(error)
      this.#context.log.warn({ reason }, 'lease not renewed: nothing is started until the database answers')
    }
    this.#certain = false
    const leftMs = this.leaseLeftMs()
    if (leftMs <= 0) this.#end('lapsed')
    else this.#schedule(Math.min(leftMs, Math.max(100, this.#ttlMs / 20)))
  }

  #end(end: LeaseEnd): void {
    if (this.#ended) return
    this.stop()
    this.#context.metrics.leaseLost()
    this.#events.onEnd(end)
  }
}
