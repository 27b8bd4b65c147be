/**
 * What is counted of a server, in the format of Prometheus. Every name and label is here: labels have few values, none is
 * the name of a tenant, a person or, unless asked for, a bot (facts/panel-and-security.md 3.3).
 */
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { FleetFigures } from '../domain/figures.ts'

/** Every label there is; a test holds what is scraped against it. */
export const metricLabels = [
  'server',
  'platform',
  'state',
  'reason',
  'loop',
  'topic',
  'kind',
  'method',
  'route',
  'status',
  'version',
  'node',
  'bot_id',
] as const

export type RestartCause = 'exit' | 'signal' | 'oom' | 'hung' | 'start_timeout' | 'start_failed'

/** Bots with figures of their own, where that is asked for. */
const botsMax = 1000
const startSeconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const workSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export interface MetricsOptions {
  readonly server: string
  readonly version: string
  /** CPU and memory of each bot, by its id. */
  readonly perBot?: boolean
}

export interface ProcessFigures {
  readonly poolWaiting: number
  readonly eventStreams: number
}

export class Metrics {
  readonly #options: MetricsOptions
  readonly #registry = new Registry()
  readonly #is: ReturnType<typeof instrumentsOf>
  readonly #lastSuccessMs = new Map<string, number>()
  readonly #bots = new Set<string>()
  #leaseRenewedAtMs: number | undefined

  constructor(options: MetricsOptions) {
    this.#options = options
    this.#is = instrumentsOf(this.#registry)
    this.#is.build.set({ version: options.version, node: process.versions.node }, 1)
    const { server } = options
    this.#is.leaseLost.inc({ server }, 0)
    this.#is.fencedWrites.inc({ server }, 0)
    // A rise can only be seen from a value that was there before.
    for (const kind of ['sign_in', 'session', 'permission', 'throttled']) this.#is.authFailures.inc({ kind }, 0)
    this.#is.auditFailures.inc({ kind: 'write' }, 0)
    this.#is.moneyMismatches.inc({ kind: 'ledger' }, 0)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** A worker is started anew after it ended by itself, or had to be ended. */
  restarted(platform: string, reason: RestartCause): void {
    this.#is.restarts.inc({ server: this.#options.server, platform, reason })
  }

  /** From the decision to start a worker until it had its identity. */
  spawned(platform: string, ms: number): void {
    this.#is.spawn.observe({ platform }, ms / 1000)
  }

  /** From its identity until the bot was running. */
  becameReady(platform: string, ms: number): void {
    this.#is.ready.observe({ platform }, ms / 1000)
  }

  leaseRenewed(): void {
    this.#leaseRenewedAtMs = performance.now()
  }

  leaseLost(): void {
    this.#leaseRenewedAtMs = undefined
    this.#is.leaseLost.inc({ server: this.#options.server })
  }

  /** A worker of an earlier epoch wanted to write. */
  fencedWrite(): void {
    this.#is.fencedWrites.inc({ server: this.#options.server })
  }

  /** A loop has done its work once. */
  ran(loop: string, ms: number, succeeded: boolean): void {
    this.#is.loopSeconds.observe({ loop }, ms / 1000)
    if (!succeeded) return
    this.#lastSuccessMs.set(loop, performance.now())
    this.#is.loopSuccess.set({ loop }, Date.now() / 1000)
  }

  /** Milliseconds since a loop last did its work; undefined before. */
  loopAgeMs(loop: string): number | undefined {
    const atMs = this.#lastSuccessMs.get(loop)
    return atMs === undefined ? undefined : performance.now() - atMs
  }

  /** What one bot's worker uses; kept where that is asked for. `cpuMs` is its whole processor time so far. */
  usage(botId: string, { cpuMs, memoryBytes }: { readonly cpuMs: number; readonly memoryBytes: number }): void {
    if (this.#options.perBot !== true || (!this.#bots.has(botId) && this.#bots.size >= botsMax)) return
    this.#bots.add(botId)
    this.#is.botCpu.remove({ bot_id: botId })
    this.#is.botCpu.inc({ bot_id: botId }, cpuMs / 1000)
    this.#is.botMemory.set({ bot_id: botId }, memoryBytes)
  }

  /** Only these bots run now. */
  keepBots(botIds: ReadonlySet<string>): void {
    for (const botId of this.#bots) {
      if (botIds.has(botId)) continue
      this.#bots.delete(botId)
      this.#is.botCpu.remove({ bot_id: botId })
      this.#is.botMemory.remove({ bot_id: botId })
    }
  }

  /** `route` is the template of a route, never a path that somebody asked for. */
  request(request: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly ms: number
  }): void {
    const method = methods.has(request.method) ? request.method : 'OTHER'
    const status = `${Math.floor(request.status / 100)}xx`
    this.#is.requests.observe({ method, route: request.route, status }, request.ms / 1000)
  }

  /** Somebody was not let in: `sign_in`, `session`, `permission`, `throttled`. */
  authFailed(kind: 'sign_in' | 'session' | 'permission' | 'throttled'): void {
    this.#is.authFailures.inc({ kind })
  }

  /** A row of the audit could not be written or chained. */
  auditFailed(kind: 'write' | 'chain'): void {
    this.#is.auditFailures.inc({ kind })
  }

  /** The ledger was checked, and this check found so many differences. */
  moneyMismatched(kind: string, count: number): void {
    if (count > 0) this.#is.moneyMismatches.inc({ kind }, count)
  }

  /** Everything as text; `fleet` is undefined while the database does not answer. */
  async scrape(own: ProcessFigures, fleet: FleetFigures | undefined): Promise<string> {
    const is = this.#is
    const { server } = this.#options
    is.databaseUp.set(fleet === undefined ? 0 : 1)
    is.poolWaiting.set(own.poolWaiting)
    is.streams.set(own.eventStreams)
    is.memory.set(process.memoryUsage.rss())
    const { user, system } = process.cpuUsage()
    is.cpu.reset()
    is.cpu.inc((user + system) / 1e6)
    is.leaseAge.reset()
    if (this.#leaseRenewedAtMs !== undefined) {
      is.leaseAge.set({ server }, (performance.now() - this.#leaseRenewedAtMs) / 1000)
    }
    // What nobody knows now is not shown as it was, nor as nothing.
    for (const gauge of [is.bots, is.outboxPending, is.outboxAge]) gauge.reset()
    for (const gauge of [is.ports, is.expiryLag, is.maturityLag]) gauge.remove({})
    if (fleet !== undefined) this.#show(fleet)
    return this.#registry.metrics()
  }

  #show(fleet: FleetFigures): void {
    const is = this.#is
    const { server } = this.#options
    for (const { platform, state, count } of fleet.bots) is.bots.set({ server, platform, state }, count)
    is.ports.set(fleet.portsInUse)
    is.expiryLag.set(fleet.expiryLagSeconds)
    is.maturityLag.set(fleet.maturityLagSeconds)
    for (const { topic, pending, oldestSeconds } of fleet.outbox) {
      is.outboxPending.set({ topic }, pending)
      is.outboxAge.set({ topic }, oldestSeconds)
    }
  }
}

type Label = (typeof metricLabels)[number]

function instrumentsOf(registry: Registry) {
  const counter = <L extends Label>(name: string, help: string, ...labelNames: L[]) =>
    new Counter<L>({ name: `botfleet_${name}`, help, labelNames, registers: [registry] })
  const gauge = <L extends Label>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge<L>({ name: `botfleet_${name}`, help, labelNames, registers: [registry] })
  const histogram = <L extends Label>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    new Histogram<L>({ name: `botfleet_${name}`, help, buckets, labelNames, registers: [registry] })
  return {
    build: gauge('build_info', 'Always 1; what runs.', 'version', 'node'),
    bots: gauge('bots', 'Bots of this server, without deleted ones.', 'server', 'platform', 'state'),
    botCpu: counter('bot_cpu_seconds_total', "A worker's processor time (METRICS_PER_BOT).", 'bot_id'),
    botMemory: gauge('bot_resident_memory_bytes', "A worker's resident memory (METRICS_PER_BOT).", 'bot_id'),
    restarts: counter('bot_restarts_total', 'Workers started anew.', 'server', 'platform', 'reason'),
    spawn: histogram('spawn_duration_seconds', 'From the decision to start to the identity.', startSeconds, 'platform'),
    ready: histogram('ready_duration_seconds', 'From the identity to a running bot.', startSeconds, 'platform'),
    leaseAge: gauge('lease_age_seconds', 'Since the lease was renewed; none while it is not held.', 'server'),
    leaseLost: counter('lease_lost_total', 'Leases that were lost or lapsed.', 'server'),
    fencedWrites: counter('fenced_writes_total', 'Calls of workers of an earlier epoch, refused.', 'server'),
    loopSeconds: histogram('reconcile_duration_seconds', 'One turn of a loop.', workSeconds, 'loop'),
    loopSuccess: gauge('loop_last_success_timestamp_seconds', 'When a loop last did its work.', 'loop'),
    expiryLag: gauge('expiry_lag_seconds', 'How late the longest overdue subscription is.'),
    maturityLag: gauge('ledger_maturity_lag_seconds', 'How late the longest overdue profit is.'),
    outboxPending: gauge('outbox_pending', 'Messages that wait to be sent.', 'topic'),
    outboxAge: gauge('outbox_oldest_age_seconds', 'How long the oldest of them is due.', 'topic'),
    moneyMismatches: counter('money_mismatch_total', 'Differences that a check of the ledger found.', 'kind'),
    requests: histogram('http_request_duration_seconds', 'HTTP.', requestSeconds, 'method', 'route', 'status'),
    authFailures: counter('auth_failures_total', 'Who was not let in.', 'kind'),
    auditFailures: counter('audit_write_failures_total', 'Rows of the audit that were not written.', 'kind'),
    ports: gauge('ports_in_use', 'Ports held by workers of this server.'),
    poolWaiting: gauge('db_pool_waiting', 'Work that waits for a connection to the database.'),
    databaseUp: gauge('database_up', '1 while the database answers.'),
    streams: gauge('event_streams', 'Open streams of events.'),
    cpu: counter('process_cpu_seconds_total', "The supervisor's own processor time."),
    memory: gauge('process_resident_memory_bytes', "The supervisor's own resident memory."),
  }
}
