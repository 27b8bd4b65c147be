/**
 * The workers' only door to the services: HTTP on a unix socket. A worker's token says which instance, epoch and nonce
 * is speaking; the tenant comes from there and never from the caller's words. Every write begins with the fence.
 */
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Database } from '../db/database.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { Settings } from '../domain/settings.ts'
import {
  type ExitReport,
  type GatewayRefusal,
  gatewayCalls,
  type Heartbeat,
  type HeartbeatVerdict,
  lifelinePath,
  workerCalls,
} from '../domain/worker-contract.ts'
import { verifyWorkerToken, type WorkerClaim } from '../domain/worker-token.ts'
import type { Log } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { Fenced } from '../services/fence.ts'
import { gatewayRoleState } from '../services/gateway-role-state.ts'
import { SessionError } from '../services/whatsapp/session-error.ts'
import { businessCalls } from './business-calls.ts'
import { type LifelineEvents, Lifelines } from './lifelines.ts'
import { BodyTooLarge, readJson } from './read-json.ts'
import { openingOf } from './tenant-role.ts'
import { statementCalls } from './whatsapp-calls.ts'

/** What the gateway asks the orchestrator; the two do not import each other, cli/serve.ts joins them. */
export interface FleetPort {
  heartbeat(claim: WorkerClaim, heartbeat: Heartbeat): HeartbeatVerdict
  reportExit(claim: WorkerClaim, report: ExitReport): boolean
  /** The worker's lifeline closed: it may be gone. */
  lifelineClosed(claim: WorkerClaim): void
}

export interface GatewayOptions {
  readonly server: string
  /** Folder of the sockets, mode 0700. */
  readonly socketFolder: string
  readonly database: Database
  readonly keyring: () => Keyring
  readonly settings: Settings
  readonly fleet: () => FleetPort | undefined
  readonly log: Log
  readonly metrics?: Pick<Metrics, 'fencedWrite'>
}

const refusalStatus: Record<GatewayRefusal['code'], number> = {
  fenced: 409,
  not_authenticated: 401,
  unavailable: 503,
  session_error: 422,
  usage: 400,
  internal: 500,
}

export class Gateway {
  /** The path that workers connect to; the same in every term. */
  readonly socketPath: string
  readonly #options: GatewayOptions
  readonly #lifelines: Lifelines
  #server: Server | undefined
  /** Whether transactions run as the gateway's own role; learned once. */
  #hasRole: boolean | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
    const events: LifelineEvents = {
      heartbeat: (claim, heartbeat) => options.fleet()?.heartbeat(claim, heartbeat) ?? { kind: 'wait' },
      closed: (claim) => options.fleet()?.lifelineClosed(claim),
    }
    this.#lifelines = new Lifelines(events, options.log)
    this.socketPath = join(options.socketFolder, `gw-${options.server}.sock`)
  }

  /**
   * Binds `gw-<server>-<server_epoch>.sock` and renames it onto `gw-<server>.sock`: a resumed old supervisor that
   * closes its own socket cannot remove the new one's (design section 5, point 10).
   */
  async open(serverEpoch: number): Promise<void> {
    await this.close()
    mkdirSync(dirname(this.socketPath), { recursive: true, mode: 0o700 })
    const bound = join(this.#options.socketFolder, `gw-${this.#options.server}-${serverEpoch}.sock`)
    rmSync(bound, { force: true })
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 30_000 }, (request, response) => {
      void this.#answer(request, response)
    })
    server.on('upgrade', (request, socket) => this.#upgrade(request, socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(bound, resolve)
    })
    chmodSync(bound, 0o600)
    renameSync(bound, this.socketPath)
    this.#server = server
  }

  /** Ends every connection; may be called twice, or before `open`. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
      this.#lifelines.closeAll()
    })
  }

  /** Tells the workers of these instances that something waits to be told by their bots. */
  poke(instanceIds: Iterable<string>): void {
    this.#lifelines.poke(instanceIds)
  }

  /** A lifeline whose token is not valid hears why, and nothing else. */
  #upgrade(request: IncomingMessage, socket: Duplex): void {
    const claim = request.url === lifelinePath ? this.#claimOf(request) : undefined
    if (claim !== undefined) return this.#lifelines.accept(claim, request, socket)
    socket.on('error', () => {})
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  }

  #claimOf(request: IncomingMessage): WorkerClaim | undefined {
    const token = /^Bearer ([\w.-]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    return verifyWorkerToken(this.#options.keyring(), token)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const claim = this.#claimOf(request)
      if (claim === undefined) return refuse(response, 'not_authenticated', 'the worker token is not valid')
      const body = await readJson(request)
      const answer = await this.#call(request.url ?? '', claim, body)
      send(response, 200, answer)
    } catch (error) {
      this.#refuseFor(response, request, error)
    }
  }

  async #call(path: string, claim: WorkerClaim, body: unknown): Promise<unknown> {
    const fleet = this.#options.fleet()
    if (path === workerCalls.exit.path) {
      if (fleet?.reportExit(claim, decode(workerCalls.exit.request, body)) !== true) throw new Fenced()
      return {}
    }
    for (const [name, call] of Object.entries(gatewayCalls)) {
      if (call.path !== path) continue
      const { database } = this.#options
      if (name in statementCalls) {
        return statementCalls[name as keyof typeof statementCalls](database, claim, body, this.#options)
      }
      const run = businessCalls[name as keyof typeof businessCalls]
      const opening = (await this.#mayTakeRole()) ? openingOf(claim) : undefined
      return database.transaction((tx) => run(tx, claim, body, this.#options), opening)
    }
    throw new Failure('usage', `no such call: ${path}`)
  }

  async #mayTakeRole(): Promise<boolean> {
    if (this.#hasRole !== undefined) return this.#hasRole
    const state = await gatewayRoleState(this.#options.database)
    if (state !== 'ready' && this.#hasRole === undefined) {
      this.#options.log.warn({ role: state }, 'no row-level security stands behind the gateway: see botfleet doctor')
    }
    this.#hasRole = state === 'ready'
    return this.#hasRole
  }

  #refuseFor(response: ServerResponse, request: IncomingMessage, error: unknown): void {
    if (error instanceof Fenced) {
      this.#options.metrics?.fencedWrite()
      return refuse(response, 'fenced', error.message)
    }
    if (error instanceof BodyTooLarge) return refuse(response, 'usage', error.message)
    if (error instanceof Failure && error.code === 'unavailable') return refuse(response, 'unavailable', error.message)
    if (error instanceof Failure && error.code === 'usage') return refuse(response, 'usage', error.message)
    if (error instanceof SessionError) {
      this.#options.log.error({ error, path: request.url }, 'what is kept of a linked device does not open')
      return refuse(response, 'session_error', error.message)
    }
    this.#options.log.error({ error, path: request.url }, 'gateway call failed')
    refuse(response, 'internal', 'the call failed; the server log says why')
  }
}

function decode<T>(
  schema: { safeParse(body: unknown): { success: true; data: T } | { success: false } },
  body: unknown,
): T {
  const result = schema.safeParse(body)
  if (!result.success) throw new Failure('usage', 'the body does not fit the contract')
  return result.data
}

function refuse(response: ServerResponse, code: GatewayRefusal['code'], message: string): void {
  send(response, refusalStatus[code], { code, message } satisfies GatewayRefusal)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return
  const text = JSON.stringify(body)
  // One write of a known length; nobody reads the date.
  response.sendDate = false
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
