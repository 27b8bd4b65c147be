import type { Server } from 'node:http'
import { type ExitReport, exitReasons, type WorkerIdentity, type WorkerPhase } from '../domain/worker-contract.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { redactText } from '../runtime/redact.ts'
import { type Channel, type ChannelContext, type ChannelHealth, unlinkDrain } from './channel.ts'
import { Deadline } from './deadline.ts'
import { GatewayClient } from './gateway-client.ts'
import { GatewayAway } from './gateway-refusal.ts'
import { startHealthServer } from './health-server.ts'
import { Lifeline } from './lifeline.ts'
import { WorkerExit } from './worker-exit.ts'

const crashCode = 1
const exitReportLimitMs = 2000
const deadlineLookMs = 200
/** Heartbeats, four times a lease's time to live: a worker whose supervisor died before it granted any time ends by then. */
const unheardMax = 24

/** One life of a worker, from its identity to its typed end; leaves nothing behind when it has run. */
export class WorkerProcess {
  readonly #identity: WorkerIdentity
  readonly #log: Log
  /** The error's code while the log cannot be written. */
  readonly #logTrouble: () => string | undefined
  readonly #drain: AbortController
  readonly #deadline = new Deadline(systemClock)
  readonly #gateway: GatewayClient
  #lifeline: Lifeline | undefined
  #healthServer: Server | undefined
  #deadlineWatch: NodeJS.Timeout | undefined
  readonly #ended: Promise<never>
  #fail: (error: unknown) => void = () => {}
  #phase: WorkerPhase = 'connecting'
  #health: { trouble: string | null; polledAtMs: number | undefined; pollingSinceMs: number | null; handled: number } =
    {
      trouble: null,
      polledAtMs: undefined,
      pollingSinceMs: null,
      handled: 0,
    }
  #beatSoon: () => void = () => {}
  #stopped = false

  constructor(
    identity: WorkerIdentity,
    logging: { log: Log; logTrouble: () => string | undefined },
    drain: AbortController,
  ) {
    this.#identity = identity
    this.#log = logging.log
    this.#logTrouble = logging.logTrouble
    this.#drain = drain
    this.#gateway = new GatewayClient({
      socketPath: identity.gatewaySocket,
      token: identity.workerToken,
      deadline: this.#deadline,
      clock: systemClock,
    })
    this.#ended = new Promise<never>((_resolve, reject) => {
      this.#fail = reject
    })
    this.#ended.catch(() => {})
    drain.signal.addEventListener('abort', () => this.#beatSoon(), { once: true })
  }

  /** Ends the worker with an error that nobody has caught. */
  fail(error: unknown): void {
    this.#fail(error)
  }

  /** @returns the exit code. */
  async run(makeChannel: (context: ChannelContext) => Channel): Promise<number> {
    this.#log.info({ epoch: this.#identity.epoch, pid: process.pid, port: this.#identity.port }, 'worker named')
    try {
      await this.#live(makeChannel)
      this.#log.info('drained')
      return exitReasons.stopped
    } catch (error) {
      return await this.#explain(error)
    } finally {
      this.#stopped = true
      this.#beatSoon()
      clearInterval(this.#deadlineWatch)
      this.#healthServer?.close()
      this.#lifeline?.close()
      this.#gateway.close()
    }
  }

  async #live(makeChannel: (context: ChannelContext) => Channel): Promise<void> {
    const healthy = startHealthServer({
      port: this.#identity.port,
      token: this.#identity.workerToken,
      status: () => ({ phase: this.#phase, epoch: this.#identity.epoch, ...this.#health }),
      onDrain: () => this.#drain.abort(),
    }).then((server) => {
      this.#healthServer = server
    })
    const channel = makeChannel({
      identity: this.#identity,
      gateway: this.#gateway,
      deadline: this.#deadline,
      clock: systemClock,
      log: this.#log,
      draining: this.#drain.signal,
      report: (health) => this.#note(health),
    })
    const { gatewaySocket, workerToken } = this.#identity
    const lifeline = new Lifeline({
      socketPath: gatewaySocket,
      token: workerToken,
      clock: systemClock,
      onOpen: () => {
        this.#beatSoon()
        channel.poke()
      },
      onPoke: () => channel.poke(),
    })
    this.#lifeline = lifeline
    const granted = this.#keepBeating(channel, lifeline)
    this.#watchDeadline()
    await Promise.race([Promise.all([healthy, granted]), this.#ended, aborted(this.#drain.signal)])
    if (this.#drain.signal.aborted) return
    await Promise.race([this.#drained(channel.run()), this.#ended])
  }

  /** Waits for the channel, but once draining no longer than the grace allows. */
  async #drained(running: Promise<void>): Promise<void> {
    const late = aborted(this.#drain.signal).then(
      () => new Promise<void>((resolve) => systemClock.setTimer(this.#identity.graceMs, resolve)),
    )
    await Promise.race([running, late])
  }

  /** Heartbeats until the end; resolves at the first accepted one. */
  #keepBeating(channel: Channel, lifeline: Lifeline): Promise<void> {
    return new Promise((resolve) => {
      const loop = async () => {
        while (!this.#stopped) {
          const accepted = await this.#beat(channel, lifeline)
          if (accepted) resolve()
          const { heartbeatMs } = this.#identity
          const pauseMs = accepted ? untilNextBeat(heartbeatMs, systemClock.wallMs()) : Math.min(500, heartbeatMs)
          await new Promise<void>((next) => {
            const cancel = systemClock.setTimer(pauseMs, next)
            this.#beatSoon = () => {
              cancel()
              next()
            }
          })
        }
      }
      loop().catch((error: unknown) => this.#fail(error))
    })
  }

  async #beat(channel: Channel, lifeline: Lifeline): Promise<boolean> {
    const sentAtMs = systemClock.monotonicMs()
    const { polledAtMs, pollingSinceMs, handled, trouble } = this.#health
    try {
      const answer = await lifeline.heartbeat({
        phase: this.#drain.signal.aborted ? 'draining' : this.#phase,
        pid: process.pid,
        lastPollAgeMs: polledAtMs === undefined ? null : Math.max(0, sentAtMs - polledAtMs),
        pollPendingMs: pollingSinceMs === null ? null : Math.max(0, sentAtMs - pollingSinceMs),
        handled,
        trouble: trouble ?? this.#troubleWithLog(),
      })
      this.#deadline.extend(sentAtMs, answer.grantMs)
      channel.setLimits(answer.limits)
      if (answer.drain) this.#drain.abort(answer.unlink ? unlinkDrain : undefined)
      return true
    } catch (error) {
      if (error instanceof WorkerExit) throw error
      if (!(error instanceof GatewayAway)) this.#log.error({ error }, 'the gateway could not answer a heartbeat')
      return false
    }
  }

  /** Each heartbeat tries the log again, so that its return is noticed without anything else to say. */
  #troubleWithLog(): string | null {
    if (this.#logTrouble() === undefined) return null
    this.#log.warn('the log could not be written')
    const code = this.#logTrouble()
    return code === undefined ? null : `its log cannot be written (${code}): is the disk full?`
  }

  #note(health: ChannelHealth): void {
    const before = `${this.#phase} ${this.#health.trouble ?? ''}`
    this.#phase = health.phase ?? this.#phase
    if (health.trouble !== undefined) {
      this.#health.trouble = health.trouble === null ? null : redactText(health.trouble).slice(0, 500)
    }
    this.#health.polledAtMs = health.polledAtMs ?? this.#health.polledAtMs
    if (health.pollingSinceMs !== undefined) this.#health.pollingSinceMs = health.pollingSinceMs
    this.#health.handled = health.handled ?? this.#health.handled
    if (before !== `${this.#phase} ${this.#health.trouble ?? ''}`) this.#beatSoon()
  }

  #watchDeadline(): void {
    const forsakenAtMs = systemClock.monotonicMs() + this.#identity.heartbeatMs * unheardMax
    this.#deadlineWatch = setInterval(() => {
      if (this.#deadline.isPast()) this.#fail(new WorkerExit('lease_lost', 'the deadline has passed'))
      if (this.#deadline.isSet || systemClock.monotonicMs() < forsakenAtMs) return
      this.#fail(new WorkerExit('lease_lost', 'nobody has granted it any time'))
    }, deadlineLookMs)
    this.#deadlineWatch.unref()
  }

  async #explain(error: unknown): Promise<number> {
    const typed = error instanceof WorkerExit
    const message = redactText(error instanceof Error ? error.message : String(error)).slice(0, 500)
    this.#log[typed ? 'warn' : 'fatal']({ error, reason: typed ? error.reason : undefined }, 'worker ends')
    if (typed) await this.#report({ reason: error.reason, message })
    return typed ? exitReasons[error.reason] : crashCode
  }

  async #report(report: ExitReport): Promise<void> {
    const late = new Promise<void>((resolve) => systemClock.setTimer(exitReportLimitMs, resolve))
    await Promise.race([this.#gateway.reportExit(report).catch(() => {}), late])
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * All workers of a host beat at the same moments, which are multiples of the interval on its clock: the supervisor wakes
 * once for all of them, and pays a fraction of what as many beats at odd times cost (`npm run bench -- supervisor-cpu`).
 * After a quarter of an interval at least, so that a timer that fires early does not beat twice.
 */
function untilNextBeat(heartbeatMs: number, wallMs: number): number {
  const leftMs = heartbeatMs - (wallMs % heartbeatMs)
  return leftMs < heartbeatMs / 4 ? leftMs + heartbeatMs : leftMs
}
