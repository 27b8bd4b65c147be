/**
 * What a spare does while it waits: it lives through one message, or the beginning of a connection, with a platform and a
 * gateway that are its own, so that all that Node loads and compiles at the first use is there when it gets a name. It
 * halves the time from a crash to the next answer (`npm run bench -- restart`). Nothing that it learns is kept, and
 * nothing that fails here matters.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { contractVersion, lifelineAccepted, type WorkerIdentity } from '../domain/worker-contract.ts'
import { createLog } from '../runtime/log.ts'
import { readLines } from '../runtime/read-lines.ts'
import type { Channel, ChannelContext } from './channel.ts'
import { WorkerProcess } from './worker-process.ts'

/** The platform of a rehearsal, played by the spare itself. */
export interface PlatformStage {
  /** What its worker is told, with the port of 127.0.0.1 on which the platform listens. */
  identity(port: number): Partial<WorkerIdentity>
  /** Answers a request to the platform by its path; undefined leaves it open, as a long poll does. */
  answer(path: string): unknown
  /** Takes a connection that wants to be more than HTTP. `finish`: the rehearsal is over. */
  upgrade?(request: IncomingMessage, socket: Duplex, finish: () => void): void
}

const limitMs = 3000
const limits = { rateLimitRps: 30, maxConcurrentRequests: 30 }
const granted = JSON.stringify({ granted: { grantMs: 30_000, limits, drain: false } })
/** What the gateway says, by the path of the call. */
const gatewayAnswers: Readonly<Record<string, object>> = {
  '/v1/outbox/due': { urgent: [], more: false, bulk: [], nextInMs: null, mark: null },
  '/v1/arrive': { outcome: { customerId: 'c', language: null }, repeated: false, answered: false },
  '/v1/wa/open': { creds: null, linked: false },
  '/v1/wa/pairing': { open: true },
}

/** Rehearses until the message is answered, `named` aborts, or it took too long. */
export async function rehearse(
  makeChannel: (context: ChannelContext) => Channel,
  makeStage: () => PlatformStage,
  named: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const finish = () => over.abort()
  const late = setTimeout(finish, limitMs)
  named.addEventListener('abort', finish, { once: true })
  const open = new Set<Duplex>()
  const servers: Server[] = []
  try {
    const stage = makeStage()
    const platform = await listen(servers, open, { port: 0, host: '127.0.0.1' }, (path) => stage.answer(path))
    platform.on('upgrade', (request: IncomingMessage, socket: Duplex) => stage.upgrade?.(request, socket, finish))
    // Without a place in the file system, where this process may not write; on Linux only.
    const gatewaySocket = `\0botfleet-rehearsal-${process.pid}`
    const gateway = await listen(servers, open, { path: gatewaySocket }, (path) => {
      if (path === '/v1/answered') setImmediate(finish)
      return gatewayAnswers[path] ?? {}
    })
    gateway.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
      socket.write(lifelineAccepted)
      readLines(socket, 65_536, () => socket.write(`${granted}\n`))
    })
    const { port } = platform.address() as AddressInfo
    const identity = { ...anybody, gatewaySocket, ...stage.identity(port) }
    const log = createLog({ level: 'info', name: 'rehearsal', write: () => {} })
    await new WorkerProcess(identity, { log, logTrouble: () => undefined }, over).run(makeChannel)
  } catch {
    // It starts a little slower then, like any other worker.
  } finally {
    clearTimeout(late)
    for (const socket of open) socket.destroy()
    for (const server of servers) server.close()
  }
}

const anybody: Omit<WorkerIdentity, 'gatewaySocket'> = {
  contract: contractVersion,
  instanceId: 'rehearsal',
  tenant: 'nobody',
  platform: 'telegram',
  name: 'Rehearsal',
  epoch: 1,
  nonce: 'n',
  port: 0,
  workerToken: 'rehearsal.1.n.k.x',
  credential: '1:rehearsal',
  whatsapp: null,
  telegramApiRoot: 'http://127.0.0.1:1',
  limits,
  heartbeatMs: 30_000,
  graceMs: 100,
  takeWebhook: false,
  reached: null,
  inDoubt: [],
  logLevel: 'info',
}

function listen(
  servers: Server[],
  open: Set<Duplex>,
  where: { port: number; host: string } | { path: string },
  answer: (path: string) => unknown,
): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume()
    const body = answer(request.url ?? '')
    if (body !== undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  servers.push(server)
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => resolve(server))
  })
}
