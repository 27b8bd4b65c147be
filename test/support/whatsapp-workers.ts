/**
 * Real WhatsApp worker processes before a fake server, with a gateway behind them that keeps their sessions in memory:
 * workers alone, without a database and a supervisor.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { build } from 'esbuild'
import {
  contractVersion,
  type ExitReport,
  type GatewayCallName,
  gatewayCalls,
  lifelineAccepted,
  type WhatsappIdentity,
  type WorkerIdentity,
} from '../../domain/worker-contract.ts'
import { type NamelessProcess, spawnProcess } from '../../orchestrator/spawn-process.ts'
import { signalProcess } from '../../runtime/process-identity.ts'
import { readLines } from '../../runtime/read-lines.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { leanBuild } from '../../worker/lean-build.ts'
import { MemorySession } from './memory-session.ts'
import { plainLimits } from './stand-in-gateway.ts'

export const whatsappBundle = join(import.meta.dirname, '..', '..', 'dist', 'worker-whatsapp.mjs')

/** What keeps nothing, and what a conversation would keep. */
const otherAnswers: Partial<Record<GatewayCallName, object>> = {
  waArrived: { known: false, handled: false },
  waPending: { arrived: [], queued: [], more: false },
  waSending: {},
  waSent: {},
  waSentBody: { body: null },
  answered: {},
  outboxDue: { urgent: [], more: false, bulk: [], nextInMs: null, mark: null },
}

export class WhatsAppWorkers {
  readonly fake: FakeWhatsApp
  readonly folder = mkdtempSync(join(tmpdir(), 'botfleet-wa-'))
  readonly sessions = new Map<string, MemorySession>()
  readonly phases = new Map<string, string[]>()
  readonly exits = new Map<string, ExitReport[]>()
  /** Milliseconds that heartbeats are granted. */
  grantMs = 30_000
  readonly #spawned: NamelessProcess[] = []
  readonly #lifelines = new Set<Duplex>()
  #server: Server | undefined
  #lastPort = 10_000 + Math.floor(Math.random() * 20_000)

  private constructor(fake: FakeWhatsApp) {
    this.fake = fake
  }

  static async start(): Promise<WhatsAppWorkers> {
    const rig = new WhatsAppWorkers(await startFakeWhatsApp())
    await rig.#listen()
    return rig
  }

  get #socket(): string {
    return join(this.folder, 'gw.sock')
  }

  session(id: string): MemorySession {
    const known = this.sessions.get(id) ?? new MemorySession()
    this.sessions.set(id, known)
    return known
  }

  /** The worker that echoes. */
  echoBundle(): Promise<string> {
    return bundleEcho(this.folder)
  }

  spawn(bundle = whatsappBundle, heapMb = 256): NamelessProcess {
    const worker = spawnProcess({ bundle, logFolder: this.folder, logFilesMax: 1, heapMb })
    this.#spawned.push(worker)
    return worker
  }

  /** Makes a nameless process the worker of a bot. */
  name(worker: NamelessProcess, id: string, whatsapp: Partial<WhatsappIdentity> & { phone: string }): void {
    worker.name(this.identityLine(id, whatsapp), join(this.folder, `${id}.log`))
  }

  identityLine(id: string, whatsapp: Partial<WhatsappIdentity> & { phone: string }): string {
    this.#lastPort += 1
    const identity: WorkerIdentity = {
      contract: contractVersion,
      instanceId: id,
      tenant: 'master',
      platform: 'whatsapp',
      name: id,
      epoch: 1,
      nonce: 'n',
      port: this.#lastPort,
      gatewaySocket: this.#socket,
      workerToken: id,
      credential: '',
      whatsapp: { wsUrl: this.fake.url, version: null, pairing: null, ...whatsapp },
      telegramApiRoot: 'http://127.0.0.1:1',
      limits: plainLimits,
      heartbeatMs: 1000,
      graceMs: 2000,
      takeWebhook: false,
      reached: null,
      inDoubt: [],
      logLevel: 'debug',
    }
    return JSON.stringify(identity)
  }

  /** Spawns and names; waits for its phase. */
  async run(id: string, phone: string, bundle?: string): Promise<NamelessProcess> {
    const worker = this.spawn(bundle)
    this.phases.set(id, [])
    this.name(worker, id, { phone })
    await this.until(id, 'running')
    return worker
  }

  /** Links a bot by QR code; its worker runs on. */
  async link(id: string, phone: string, bundle?: string): Promise<NamelessProcess> {
    const worker = this.spawn(bundle)
    const session = this.session(id)
    this.name(worker, id, { phone, pairing: { method: 'qr', number: 1, forMs: 60_000, only: false } })
    const shown = await poll(() => session.news.find((news) => news.step === 'qr'))
    await this.fake.phoneOf(phone).scan(shown.qr)
    await this.until(id, 'running')
    return worker
  }

  /** Waits until a worker has reported a phase. */
  async until(id: string, phase: string): Promise<void> {
    await poll(() => (this.phases.get(id)?.at(-1) === phase ? true : undefined))
  }

  async stop(): Promise<void> {
    for (const worker of this.#spawned) {
      signalProcess(worker.identity, 'SIGKILL')
      await worker.ended
    }
    for (const socket of this.#lifelines) socket.destroy()
    this.#server?.closeAllConnections()
    this.#server?.close()
    await this.fake.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #listen(): Promise<void> {
    const names = new Map(Object.entries(gatewayCalls).map(([name, { path }]) => [path, name as GatewayCallName]))
    const server = createServer((request, response) => {
      void this.#answer(request, names).then(
        (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
        (error: unknown) => {
          const refusal = { code: 'session_error', message: error instanceof Error ? error.message : 'no' }
          response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify(refusal))
        },
      )
    })
    server.on('upgrade', (request, socket) => this.#lifeline(idOf(request), socket))
    await new Promise<void>((resolve) => server.listen(this.#socket, resolve))
    this.#server = server
  }

  async #answer(request: IncomingMessage, names: ReadonlyMap<string, GatewayCallName>): Promise<unknown> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
    const id = idOf(request)
    if (request.url === '/v1/exit') {
      this.exits.set(id, [...(this.exits.get(id) ?? []), JSON.parse(text) as ExitReport])
      return {}
    }
    const name = names.get(request.url ?? '')
    if (name === undefined) throw new Error(`no call at ${request.url ?? ''}`)
    const other = otherAnswers[name]
    if (other !== undefined) return other
    return this.session(id).gateway.call(name, JSON.parse(text) as never)
  }

  #lifeline(id: string, socket: Duplex): void {
    this.#lifelines.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#lifelines.delete(socket))
    socket.write(lifelineAccepted)
    readLines(socket, 65_536, (line) => {
      const { phase } = JSON.parse(line) as { phase: string }
      const phases = this.phases.get(id) ?? []
      this.phases.set(id, phases)
      if (phases.at(-1) !== phase) phases.push(phase)
      const granted = { grantMs: this.grantMs, limits: plainLimits, drain: false, unlink: false }
      socket.write(`${JSON.stringify({ granted })}\n`)
    })
  }
}

/** Bundles test/fixtures/whatsapp-echo-worker.ts into a folder, as workers are bundled. */
export async function bundleEcho(folder: string): Promise<string> {
  const path = join(folder, 'whatsapp-echo-worker.mjs')
  const { outputFiles } = await build({
    ...leanBuild('whatsapp'),
    entryPoints: [join(import.meta.dirname, '..', 'fixtures', 'whatsapp-echo-worker.ts')],
    outfile: path,
  })
  writeFileSync(path, outputFiles[0]?.contents ?? '')
  return path
}

function idOf(request: IncomingMessage): string {
  return (request.headers.authorization ?? '').replace('Bearer ', '')
}

/** Looks until there is something; throws after 20 seconds. */
export async function poll<T>(look: () => T | undefined, limitMs = 20_000): Promise<T> {
  const until = Date.now() + limitMs
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (Date.now() > until) throw new Error('it never came')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
