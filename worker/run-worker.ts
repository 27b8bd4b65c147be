/**
 * One worker process: it waits for its identity, reports by heartbeats, lets its channel run while its deadline
 * allows, and ends with a typed reason that it reports before it exits.
 */
import { type ExitReport, exitReasons, type WorkerIdentity, type WorkerPhase } from '../domain/worker-contract.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog, type Log, writeWhole } from '../runtime/log.ts'
import { redactText } from '../runtime/redact.ts'
import type { Channel, ChannelContext, ChannelHealth } from './channel.ts'
import { Deadline } from './deadline.ts'
import { GatewayClient } from './gateway-client.ts'
import { GatewayAway } from './gateway-refusal.ts'
import { startHealthServer } from './health-server.ts'
import { Lifeline } from './lifeline.ts'
import { readIdentity } from './read-identity.ts'
import { WorkerExit } from './worker-exit.ts'

const crashCode = 1
const exitReportLimitMs = 2000
const deadlineLookMs = 200

/** Runs a worker to its end; the process exits when it resolves. */
export async function runWorker(makeChannel: (context: ChannelContext) => Channel): Promise<void> {
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const drain = new AbortController()
  process.on('SIGTERM', () => drain.abort())
  process.on('SIGINT', () => {})
  const identity = await readIdentity(process.stdin)
  if (identity === undefined || drain.signal.aborted) return end(0)
  let logTrouble: string | undefined
  const log = createLog({
    level: identity.logLevel,
    name: identity.instanceId,
    write: (line) => writeWhole(1, line),
    onWritten: (trouble) => {
      logTrouble = trouble
    },
  })
  replaceConsole(log)
  const worker = new WorkerProcess(identity, { log, logTrouble: () => logTrouble }, drain)
  const code = await worker.run(makeChannel)
  end(code)
}

class WorkerProcess {
  readonly #identity: WorkerIdentity
  readonly #log: Log
  /** The error's code while the log cannot be written. */
  readonly #logTrouble: () => string | undefined
  readonly #drain: AbortController
  readonly #deadline = new Deadline(systemClock)
  readonly #gateway: GatewayClient
  #lifeline: Lifeline | undefined
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
    process.on('uncaughtException', (error) => this.#fail(error))
    process.on('unhandledRejection', (error) => this.#fail(error))
    drain.signal.addEventListener('abort', () => this.#beatSoon(), { once: true })
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
      onOpen: () => this.#beatSoon(),
    })
    this.#lifeline = lifeline
    const granted = this.#keepBeating(channel, lifeline)
    this.#watchDeadline()
    await Promise.race([Promise.all([healthy, granted]), this.#ended])
    await Promise.race([this.#drained(channel.run()), this.#ended])
  }

  /** Waits for the channel, but once draining no longer than the grace allows. */
  async #drained(running: Promise<void>): Promise<void> {
    const late = new Promise<void>((resolve) => {
      const arm = () => systemClock.setTimer(this.#identity.graceMs, resolve)
      if (this.#drain.signal.aborted) arm()
      else this.#drain.signal.addEventListener('abort', arm, { once: true })
    })
    await Promise.race([running, late])
  }

  /** Heartbeats until the end; resolves at the first accepted one. */
  #keepBeating(channel: Channel, lifeline: Lifeline): Promise<void> {
    return new Promise((resolve) => {
      const loop = async () => {
        while (!this.#stopped) {
          const accepted = await this.#beat(channel, lifeline)
          if (accepted) resolve()
          const pauseMs = accepted ? this.#identity.heartbeatMs : Math.min(500, this.#identity.heartbeatMs)
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
      if (answer.drain) this.#drain.abort()
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
    const timer = setInterval(() => {
      if (this.#deadline.isPast()) this.#fail(new WorkerExit('lease_lost', 'the deadline has passed'))
    }, deadlineLookMs)
    timer.unref()
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

/** Libraries that print go through the log, as text only: they must not hang their objects on it. */
function replaceConsole(log: Log): void {
  const say = (...parts: unknown[]) => {
    const text = parts.map((part) => (typeof part === 'string' ? part : `[${typeof part}]`)).join(' ')
    log.debug({ lib: text.slice(0, 500) }, 'a library printed')
  }
  Object.assign(globalThis.console, { log: say, info: say, warn: say, error: say, debug: say, trace: say, dir: say })
}

/** The one place where a worker exits: sockets and timers of libraries would keep it alive past its end. */
function end(code: number): void {
  // oxlint-disable-next-line unicorn/no-process-exit
  process.exit(code)
}
