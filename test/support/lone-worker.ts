/** The real worker program by itself: a sandbox before it, a gateway behind it that answers as a test says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contractVersion, type WorkerIdentity } from '../../domain/worker-contract.ts'
import { type NamelessProcess, spawnProcess } from '../../orchestrator/spawn-process.ts'
import { signalProcess } from '../../runtime/process-identity.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { plainLimits, type StandInAnswers, StandInGateway } from './stand-in-gateway.ts'

export const telegramBundle = join(import.meta.dirname, '..', '..', 'dist', 'worker-telegram.mjs')

export class LoneWorkerRig {
  readonly folder: string
  readonly sandbox: Sandbox
  readonly gateway: StandInGateway
  readonly bot: { readonly id: number; readonly token: string }
  readonly #spawned: NamelessProcess[] = []

  private constructor(parts: { folder: string; sandbox: Sandbox; gateway: StandInGateway }) {
    this.folder = parts.folder
    this.sandbox = parts.sandbox
    this.gateway = parts.gateway
    this.bot = parts.sandbox.createBot({ name: 'Bot', username: 'bot' })
  }

  static async start(
    heartbeat: StandInAnswers['heartbeat'],
    beforeAnswer?: StandInAnswers['beforeAnswer'],
  ): Promise<LoneWorkerRig> {
    const folder = mkdtempSync(join(tmpdir(), 'botfleet-lone-'))
    const gateway = await StandInGateway.start(join(folder, 'gw.sock'), {
      heartbeat,
      ...(beforeAnswer === undefined ? {} : { beforeAnswer }),
    })
    return new LoneWorkerRig({ folder, sandbox: await startSandbox(), gateway })
  }

  /** A nameless process, ended with the rig. */
  spawn(bundle = telegramBundle): NamelessProcess {
    const worker = spawnProcess({ bundle, logFolder: this.folder, logFilesMax: 1, heapMb: 128 })
    this.#spawned.push(worker)
    return worker
  }

  /** Makes a nameless process the worker of the bot. */
  name(worker: NamelessProcess, log = 'worker.log'): void {
    worker.name(this.identityLine(), join(this.folder, log))
  }

  identityLine(): string {
    const identity: WorkerIdentity = {
      contract: contractVersion,
      instanceId: 'bot-1',
      tenant: 'master',
      platform: 'telegram',
      name: 'Bot',
      epoch: 1,
      nonce: 'n',
      // Below the ports that the system gives to connections: one of those cannot be listened on.
      port: 10_000 + Math.floor(Math.random() * 20_000),
      gatewaySocket: join(this.folder, 'gw.sock'),
      workerToken: 'bot-1.1.n.k.x',
      credential: this.bot.token,
      whatsapp: null,
      telegramApiRoot: this.sandbox.apiRoot,
      limits: plainLimits,
      heartbeatMs: 300,
      graceMs: 1000,
      takeWebhook: false,
      reached: null,
      inDoubt: [],
      logLevel: 'debug',
    }
    return JSON.stringify(identity)
  }

  async stop(): Promise<void> {
    for (const worker of this.#spawned) {
      signalProcess(worker.identity, 'SIGKILL')
      await worker.ended
    }
    this.gateway.stop()
    await this.sandbox.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
