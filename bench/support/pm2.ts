/**
 * PM2 in a home of its own, the peer that the figures are held against: where time is measured it runs our own worker,
 * so that its number and the floor are of the same program; elsewhere the telegraf bot that one would write for it.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { ProcessIdentity } from '../../domain/process-identity.ts'
import { identityOf, signalProcess } from '../../runtime/process-identity.ts'
import { bareIdentityOf } from './bare-identity.ts'
import { type Bench, type Environment, removeHome } from './bench.ts'
import { Child } from './child.ts'
import { endByPid, type Launch } from './processes.ts'
import { type SandboxBot, SandboxClient } from './sandbox-client.ts'

const run = promisify(execFile)
const program = join(dirname(createRequire(import.meta.url).resolve('pm2/package.json')), 'bin', 'pm2')
const programs = join(import.meta.dirname, '..', 'programs')

export interface Pm2Options {
  readonly bots: number
  /** Run the worker that was launched so; a telegraf bot when left out. */
  readonly worker?: Launch
}

export class Pm2 {
  readonly sandbox: SandboxClient
  readonly bots: readonly SandboxBot[]
  readonly #home: string
  readonly #environment: Environment
  readonly #seen: ProcessIdentity[] = []
  readonly #worker: Launch | undefined

  private constructor(
    sandbox: SandboxClient,
    bots: readonly SandboxBot[],
    { home, worker }: { home: string; worker: Launch | undefined },
  ) {
    this.#worker = worker
    this.sandbox = sandbox
    this.bots = bots
    this.#home = home
    this.#environment = {
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      PM2_HOME: home,
      PM2_DISABLE_VERSION_CHECK: 'true',
    }
  }

  /** Prepares bots under PM2, lets it be used, and ends PM2 and the bots whatever happens. */
  static async use<T>(bench: Bench, options: Pm2Options, work: (pm2: Pm2) => Promise<T>): Promise<T> {
    const sandbox = await SandboxClient.start(bench.signal)
    const home = bench.makeFolder()
    const pm2 = new Pm2(sandbox, await sandbox.addBots(options.bots), { home, worker: options.worker })
    const args = [join(programs, 'gateway.ts'), pm2.#socket]
    const gateway = new Child({ command: process.execPath, args, signal: bench.signal })
    try {
      await gateway.line(/listening/)
      return await work(pm2)
    } finally {
      await pm2.#end()
      await gateway.close()
      await sandbox.stop()
      await removeHome(home)
    }
  }

  get #socket(): string {
    return join(this.#home, 'gw.sock')
  }

  /** `pm2 start` of all bots, its daemon included. @returns when it was asked. */
  async start(): Promise<number> {
    const apps = this.bots.map((bot, index) => ({
      name: `bot-${bot.botId}`,
      interpreter: process.execPath,
      ...(this.#worker === undefined ? this.#plainApp(bot) : this.#workerApp(bot, index, this.#worker)),
    }))
    const file = join(this.#home, 'bots.json')
    writeFileSync(file, JSON.stringify({ apps }))
    const startedAtMs = Date.now()
    await this.command('start', file)
    return startedAtMs
  }

  #plainApp({ token }: SandboxBot): object {
    const env = { TOKEN: token, API_ROOT: this.sandbox.url, NODE_ENV: 'production' }
    return { script: join(programs, 'telegraf-bot.mjs'), env }
  }

  /** The same bundle under the same flags, except for rights: PM2 loads code of its own into every child. */
  #workerApp(bot: SandboxBot, index: number, { args, environment }: Launch): object {
    const flags = args.slice(0, -1).filter((flag) => !/^--(?:permission|allow-)/.test(flag))
    const identity = bareIdentityOf(bot, { index, socket: this.#socket, api: this.sandbox.url })
    const env = { ...environment, BUNDLE: args.at(-1), IDENTITY: identity }
    return { script: join(programs, 'worker-under-pm2.mjs'), node_args: flags, env }
  }

  /** Runs a PM2 command to its end and gives what it printed. */
  async command(...parameters: string[]): Promise<string> {
    const options = { env: this.#environment, cwd: this.#home, maxBuffer: 64 * 1024 * 1024 }
    return (await run(process.execPath, [program, '--silent', ...parameters], options)).stdout
  }

  get daemonPid(): number {
    return Number(readFileSync(join(this.#home, 'pm2.pid'), 'utf8'))
  }

  /** The bots' pids, in the order of `bots`. */
  async pids(): Promise<number[]> {
    const text = await this.command('jlist')
    const listed = JSON.parse(text.slice(text.indexOf('['))) as { name: string; pid: number }[]
    const pids = this.bots.map(({ botId }) => listed.find(({ name }) => name === `bot-${botId}`)?.pid ?? 0)
    for (const pid of pids) {
      const identity = identityOf(pid)
      if (identity !== undefined) this.#seen.push(identity)
    }
    return pids
  }

  async #end(): Promise<void> {
    await this.pids().catch(() => [])
    const daemon = this.#daemonIdentity()
    await this.command('kill').catch(() => '')
    for (const identity of this.#seen) signalProcess(identity, 'SIGKILL')
    if (daemon !== undefined) await endByPid(daemon.pid)
  }

  #daemonIdentity(): ProcessIdentity | undefined {
    try {
      return identityOf(this.daemonPid)
    } catch {
      return undefined
    }
  }
}
