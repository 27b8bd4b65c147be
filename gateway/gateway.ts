/**
 * The workers' only door to the services: HTTP on a unix socket. A worker's token says which instance, epoch and nonce
 * is speaking; the tenant comes from there and never from the caller's words. Every write begins with the fence.
 */
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { Database } from '../db/database.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
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
import { businessCalls, Fenced } from './business-calls.ts'
import { BodyTooLarge, readJson } from './read-json.ts'

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
  readonly fleet: () => FleetPort | undefined
  readonly log: Log
}

const refusalStatus: Record<GatewayRefusal['code'], number> = {
  fenced: 409,
  not_authenticated: 401,
  unavailable: 503,
  usage: 400,
  internal: 500,
}

export class Gateway {
  /** The path that workers connect to; the same in every term. */
  readonly socketPath: string
  readonly #options: GatewayOptions
  #server: Server | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
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
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const token = /^Bearer ([\w.-]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const claim = verifyWorkerToken(this.#options.keyring(), token)
      if (claim === undefined) return refuse(response, 'not_authenticated', 'the worker token is not valid')
      if (request.url === lifelinePath) return this.#holdLifeline(request, response, claim)
      const body = await readJson(request)
      const answer = await this.#call(request.url ?? '', claim, body)
      send(response, 200, answer)
    } catch (error) {
      this.#refuseFor(response, request, error)
    }
  }

  /** Keeps the connection open without a word until one side goes. */
  #holdLifeline(request: IncomingMessage, response: ServerResponse, claim: WorkerClaim): void {
    request.socket.setTimeout(0)
    response.on('close', () => this.#options.fleet()?.lifelineClosed(claim))
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.flushHeaders()
  }

  async #call(path: string, claim: WorkerClaim, body: unknown): Promise<unknown> {
    const fleet = this.#options.fleet()
    if (path === workerCalls.heartbeat.path) {
      const verdict = fleet?.heartbeat(claim, decode(workerCalls.heartbeat.request, body)) ?? { kind: 'wait' }
      if (verdict.kind === 'fenced') throw new Fenced()
      if (verdict.kind === 'wait') throw new Failure('unavailable', 'this worker is not verified yet: ask again')
      return verdict.answer
    }
    if (path === workerCalls.exit.path) {
      if (fleet?.reportExit(claim, decode(workerCalls.exit.request, body)) !== true) throw new Fenced()
      return {}
    }
    for (const [name, call] of Object.entries(gatewayCalls)) {
      if (call.path !== path) continue
      const run = businessCalls[name as keyof typeof businessCalls]
      return this.#options.database.transaction((tx) => run(tx, claim, body))
    }
    throw new Failure('usage', `no such call: ${path}`)
  }

  #refuseFor(response: ServerResponse, request: IncomingMessage, error: unknown): void {
    if (error instanceof Fenced) return refuse(response, 'fenced', error.message)
    if (error instanceof BodyTooLarge) return refuse(response, 'usage', error.message)
    if (error instanceof Failure && error.code === 'unavailable') return refuse(response, 'unavailable', error.message)
    if (error instanceof Failure && error.code === 'usage') return refuse(response, 'usage', error.message)
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
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
