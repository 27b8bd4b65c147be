import { randomUUID } from 'node:crypto'
import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ProblemDocument } from '../../domain/api/problem.ts'
import { Failure } from '../../domain/failure.ts'
import { isLoopbackHost } from '../../domain/loopback.ts'
import type { Settings } from '../../domain/settings.ts'
import { recheckCallers } from '../../services/recheck-callers.ts'
import { ChangeFeed } from './change-feed.ts'
import { EventStreams, type StreamLimits } from './event-streams.ts'
import { MachineDoor, type MachinePort, openMachinePort, type Vitals } from './machine-door.ts'
import { assertEncrypted, type OriginRules } from './origin.ts'
import { createPanelApp, type PanelAppOptions } from './panel-app.ts'
import { httpProblems } from './problem.ts'

export interface PanelOptions extends Omit<PanelAppOptions, 'origins' | 'events' | 'machines'> {
  readonly vitals: () => Vitals
  /** For a connection that listens for what changes. */
  readonly databaseUrl: string
  readonly streamLimits?: Partial<StreamLimits>
  /** Address to listen on; 127.0.0.1 unless somebody decided otherwise. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Origins under which a TLS proxy shows this panel, such as `https://panel.example`. */
  readonly publicOrigins?: readonly string[]
}

export interface Panel {
  /** Where it answers, for example `http://127.0.0.1:8080`. */
  readonly url: string
  readonly port: number
  /** Where its metrics are, on its own port or another. */
  readonly metricsUrl: string
  /** Stops listening and ends every connection; answers under way get `drainMs`. May be called twice. */
  stop(): Promise<void>
}

const drainMs = 2_000
const connectionsMax = 1_000

/**
 * Starts the panel of a server. Throws `conflict` when the port is taken, `usage` when the host is not ours, or is beyond
 * this machine without TLS.
 */
export async function startPanel(options: PanelOptions): Promise<Panel> {
  const loopbackOnly = isLoopbackHost(options.host)
  const { PLAIN_HTTP: plainHttp } = options.settings
  const origins = { publicOrigins: options.publicOrigins ?? [], loopbackOnly, plainHttp }
  warnOfPlace(options, origins, assertEncrypted(origins, options.host))
  const events = openStreams(options)
  const machines = new MachineDoor({ ...options, events })
  const app = createPanelApp({ ...options, origins, events, machines })
  const limits = {
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 5_000,
  }
  // What Node would refuse by itself, it would refuse without a problem document.
  const server = createServer({ ...limits, requireHostHeader: false }, app)
  server.on('checkExpectation', app)
  server.maxConnections = connectionsMax
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseConnection(error, socket))
  const port = await listen(server, options)
  const machinePort = await openOwnPort(machines, options.settings).catch(async (error: unknown) => {
    await stopServer(server)
    throw error
  })
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  let stopped: Promise<void> | undefined
  return {
    url: `http://${host}:${port}`,
    port,
    metricsUrl: `${machinePort?.url ?? `http://${host}:${port}`}/metrics`,
    stop: () => {
      stopped ??= Promise.all([events.stop(), machinePort?.stop(), stopServer(server)]).then(() => {})
      return stopped
    },
  }
}

/** What an operator should know of where this panel stands. */
function warnOfPlace(
  { log, host, trustedProxies = [] }: PanelOptions,
  { publicOrigins }: OriginRules,
  isPlain: boolean,
): void {
  if (publicOrigins.length > 0 && trustedProxies.length === 0) {
    log.warn(
      { publicOrigins },
      'every login comes from the address of the proxy here, and who guesses passwords slows everybody down: set TRUSTED_PROXIES to it',
    )
  }
  if (isPlain) log.warn({ host }, 'the panel is shown to other machines without TLS, as PLAIN_HTTP asks')
}

async function openOwnPort(door: MachineDoor, settings: Settings): Promise<MachinePort | undefined> {
  const { METRICS_HOST: host, METRICS_PORT: port } = settings
  return port === undefined ? undefined : openMachinePort(door, host, port)
}

function openStreams({ database, databaseUrl, serverName, log, streamLimits }: PanelOptions): EventStreams {
  return new EventStreams({
    feed: new ChangeFeed({ database, databaseUrl, log }),
    serverName,
    log,
    recheck: (watchers) => recheckCallers(database, watchers),
    ...(streamLimits === undefined ? {} : { limits: streamLimits }),
  })
}

function listen(server: Server, { host, port }: PanelOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, host, port)))
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): Failure {
  if (error.code === 'EADDRINUSE') {
    return new Failure('conflict', `port ${port} of ${host} is taken: set PORT to another`, { cause: error })
  }
  return new Failure('usage', `cannot listen on ${host}:${port} (${error.code ?? 'unknown'}): check HOST and PORT`, {
    cause: error,
  })
}

async function stopServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), drainMs)
  await closed
  clearTimeout(timer)
}

/** What Node's parser refuses never reaches express; it gets a problem document all the same. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = parserProblem(error.code)
  const body = JSON.stringify({
    type: `urn:botfleet:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: 'this is not a request that can be read',
    instance: '',
    code: problem.code,
    requestId: randomUUID(),
  } satisfies ProblemDocument)
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\nConnection: close\r\n` +
      `Content-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function parserProblem(code: string | undefined): { status: number; code: string; title: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return httpProblems.headersTooLarge
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return httpProblems.tooSlow
  return httpProblems.badRequest
}
