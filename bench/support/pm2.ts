/** PM2 with telegraf bots, in a home of its own: the peer that the figures are held against. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { ProcessIdentity } from '../../domain/process-identity.ts'
import { identityOf, signalProcess } from '../../runtime/process-identity.ts'
import { type Bench, type Environment, removeHome } from './bench.ts'
import { endByPid } from './processes.ts'
import { type SandboxBot, SandboxClient } from './sandbox-client.ts'

const run = promisify(execFile)
const program = join(dirname(createRequire(import.meta.url).resolve('pm2/package.json')), 'bin', 'pm2')
const bot = join(import.meta.dirname, '..', 'programs', 'telegraf-bot.ts')

export class Pm2 {
  readonly sandbox: SandboxClient
  readonly bots: readonly SandboxBot[]
  readonly #home: string
  readonly #environment: Environment
  readonly #seen: ProcessIdentity[] = []

  private constructor(sandbox: SandboxClient, bots: readonly SandboxBot[], home: string) {
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
  static async use<T>(bench: Bench, count: number, work: (pm2: Pm2) => Promise<T>): Promise<T> {
    const sandbox = await SandboxClient.start(bench.signal)
    const home = bench.makeFolder()
    const pm2 = new Pm2(sandbox, await sandbox.addBots(count), home)
    try {
      return await work(pm2)
    } finally {
      await pm2.#end()
      await sandbox.stop()
      await removeHome(home)
    }
  }

  /** `pm2 start` of all bots, its daemon included. @returns when it was asked. */
  async start(): Promise<number> {
    const apps = this.bots.map(({ botId, token }) => ({
      name: `bot-${botId}`,
      script: bot,
      interpreter: process.execPath,
      env: { TOKEN: token, API_ROOT: this.sandbox.url, NODE_ENV: 'production' },
    }))
    const file = join(this.#home, 'bots.json')
    writeFileSync(file, JSON.stringify({ apps }))
    const startedAtMs = Date.now()
    await this.command('start', file)
    return startedAtMs
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
