/**
 * What is for machines and needs no login: whether this process lives, whether it can do its work, and its metrics. The
 * first two say nothing but yes or no (ASVS 13.4.5), and cost little however many ask. Metrics are shown where nobody but
 * this machine can be asking, or on a port of their own.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Database } from '../../db/database.ts'
import { migrationStatus } from '../../db/migrate.ts'
import { Failure } from '../../domain/failure.ts'
import type { FleetFigures } from '../../domain/figures.ts'
import { isLoopbackHost } from '../../domain/loopback.ts'
import type { Log } from '../../runtime/log.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { readFleetFigures } from '../../services/read-fleet-figures.ts'
import { DatabaseProbe } from './database-probe.ts'
import type { EventStreams } from './event-streams.ts'

/** The loop that reads what is to run does so every 15 s. */
const loopAgeMaxMs = 60_000
const schemaLookEveryMs = 30_000
/** A scrape answers without what the database does not say in time. */
const countWithinMs = 2_000

/** What the panel is told of the supervisor, which it does not import. */
export interface Vitals {
  /** It holds its name, as far as it can know. */
  readonly holdsLease: boolean
}

export interface MachineDoorOptions {
  readonly database: Database
  readonly serverName: string
  readonly metrics: Metrics
  readonly vitals: () => Vitals
  readonly events: EventStreams
  readonly log: Log
}

export interface MachineAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

export class MachineDoor {
  readonly #options: MachineDoorOptions
  readonly #probe: DatabaseProbe
  #counting: Promise<FleetFigures | undefined> | undefined
  #schema: { readonly isCurrent: boolean; readonly atMs: number } | undefined

  constructor(options: MachineDoorOptions) {
    this.#options = options
    this.#probe = new DatabaseProbe(options.database, () => this.#isSchemaCurrent())
  }

  /** The same, and 500 where it cannot be given: whoever asks has nobody above them who would answer for it. */
  async answerSurely(path: string): Promise<MachineAnswer | undefined> {
    try {
      return await this.answer(path)
    } catch (error) {
      this.#options.log.error({ error, path }, 'what is for machines could not be answered')
      return { status: 500, type: 'text/plain; charset=utf-8', body: 'internal error\n' }
    }
  }

  /** The answer to a path; undefined for one that is not for machines. */
  async answer(path: string): Promise<MachineAnswer | undefined> {
    switch (path) {
      case '/healthz':
        return { status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' }
      case '/readyz':
        return (await this.#isReady())
          ? { status: 200, type: 'text/plain; charset=utf-8', body: 'ready\n' }
          : { status: 503, type: 'text/plain; charset=utf-8', body: 'not ready\n' }
      case '/metrics':
        return { status: 200, type: this.#options.metrics.contentType, body: await this.#scrape() }
      default:
        return undefined
    }
  }

  /** The database answers within a second, its schema is ours, the name is held, and the loop has not stood still. */
  async #isReady(): Promise<boolean> {
    const { metrics, vitals } = this.#options
    if (!vitals().holdsLease || (metrics.loopAgeMs('reconcile') ?? Number.POSITIVE_INFINITY) > loopAgeMaxMs)
      return false
    return this.#probe.answers()
  }

  async #isSchemaCurrent(): Promise<boolean> {
    const nowMs = performance.now()
    if (this.#schema === undefined || nowMs - this.#schema.atMs > schemaLookEveryMs) {
      const { pending, unknown } = await migrationStatus(this.#options.database)
      this.#schema = { isCurrent: pending.length === 0 && unknown.length === 0, atMs: nowMs }
    }
    return this.#schema.isCurrent
  }

  async #scrape(): Promise<string> {
    const { database, metrics, events } = this.#options
    // However many ask, the fleet is counted once at a time.
    this.#counting ??= this.#countFleet().finally(() => {
      this.#counting = undefined
    })
    const late = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => late.resolve(undefined), countWithinMs)
    try {
      const fleet = await Promise.race([this.#counting, late.promise])
      return await metrics.scrape({ poolWaiting: database.waiting, eventStreams: events.count }, fleet)
    } finally {
      clearTimeout(timer)
    }
  }

  async #countFleet(): Promise<FleetFigures | undefined> {
    const { database, serverName, log } = this.#options
    try {
      return await readFleetFigures(database, { server: serverName })
    } catch (error) {
      log.debug({ error }, 'the figures of the fleet could not be read')
      return undefined
    }
  }
}

/**
 * Whether a request to the panel's own port may have the metrics: one that can only come from this machine. Where the panel
 * is shown to others, by a proxy or by its address, nobody can tell a proxy's request from this machine's own.
 */
export function mayScrapeHere(
  request: IncomingMessage,
  panel: {
    readonly loopbackOnly: boolean
    readonly publicOrigins: readonly string[]
    readonly proxies: readonly string[]
  },
): boolean {
  const { headers, socket } = request
  if (!panel.loopbackOnly || panel.publicOrigins.length > 0 || panel.proxies.length > 0) return false
  if (Object.keys(headers).some((name) => name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded'))) {
    return false
  }
  return isLoopbackHost((socket.remoteAddress ?? '').replace(/^::ffff:/, ''))
}

export interface MachinePort {
  readonly url: string
  stop(): Promise<void>
}

/** Listens on a port of its own for machines only. Throws `conflict` when it is taken. */
export async function openMachinePort(door: MachineDoor, host: string, port: number): Promise<MachinePort> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000 })
  server.maxConnections = 50
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void respond(door, request, response))
  await listen(server, host, port)
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(door: MachineDoor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const answer = isRead ? await door.answerSurely((request.url ?? '').split('?')[0] ?? '') : undefined
  const { status, type, body } = answer ?? { status: 404, type: 'text/plain; charset=utf-8', body: 'nothing here\n' }
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const words = taken
        ? 'is taken: set METRICS_PORT to another'
        : `cannot be listened on (${cause.code ?? 'unknown'})`
      reject(new Failure(taken ? 'conflict' : 'usage', `port ${port} of ${host} ${words}`, { cause }))
    })
    server.listen(port, host, () => resolve())
  })
}
