/** One `./botfleet serve` of the chaos test, kept alive as an init system would, with its own road to the database. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessIdentity } from '../../../domain/process-identity.ts'
import { StayingCli } from '../../support/cli.ts'
import { kill, processOf, thaw } from '../../support/faults.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'

const restartAfterMs = 500

export interface ChaosServerOptions {
  readonly name: string
  readonly databaseUrl: string
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly say: (line: string) => void
}

export class ChaosServer {
  readonly name: string
  readonly proxy: TcpProxy
  readonly #options: ChaosServerOptions
  #cli: StayingCli | undefined
  #identity: ProcessIdentity | undefined
  /** Somebody keeps it down on purpose, or the test is over. */
  #keptDown = false
  /** What its supervisors wrote, one after another. */
  #written = ''

  private constructor(options: ChaosServerOptions, proxy: TcpProxy) {
    this.name = options.name
    this.proxy = proxy
    this.#options = options
  }

  static async start(options: ChaosServerOptions): Promise<ChaosServer> {
    const { hostname: host, port } = new URL(options.databaseUrl)
    const server = new ChaosServer(options, await TcpProxy.start({ host, port: Number(port) }))
    server.#spawn()
    return server
  }

  /** The supervisor's process; undefined while there is none. */
  get identity(): ProcessIdentity | undefined {
    return this.#identity
  }

  get log(): string {
    return this.#written + (this.#cli === undefined ? '' : this.#cli.stdout + this.#cli.stderr)
  }

  /** Kills the supervisor, starts the next one after that long, and says how it went. */
  async killFor(downMs: number): Promise<void> {
    this.#keptDown = true
    if (this.#identity !== undefined) await kill(this.#identity)
    await this.#cli?.ended
    await delay(downMs)
    this.#keptDown = false
    this.#spawn()
  }

  /** Ends it in order; complete. */
  async stop(): Promise<void> {
    this.#keptDown = true
    if (this.#identity !== undefined) thaw(this.#identity)
    await this.#cli?.stop()
    await this.proxy.stop()
  }

  #spawn(): void {
    if (this.#cli !== undefined || this.#keptDown) return
    const url = new URL(this.#options.databaseUrl)
    url.port = String(this.proxy.port)
    const environment = { ...this.#options.environment, SERVERNAME: this.name, DATABASE_URL: url.href }
    const cli = new StayingCli(['serve'], environment, this.#options.folder)
    this.#cli = cli
    this.#identity = processOf(cli.pid)
    void cli.ended.then((code) => {
      this.#written += cli.stdout + cli.stderr
      this.#cli = undefined
      this.#identity = undefined
      if (this.#keptDown) return
      const why = cli.stderr.trimEnd().split('\n').at(-1) ?? ''
      this.#options.say(`${this.name} ended by itself with ${code ?? 'a signal'}: ${why.slice(0, 300)}`)
      setTimeout(() => this.#spawn(), restartAfterMs)
    })
  }
}
