/** One fleet of a run: a database, a sandbox, bots, and the servers that run them, all real and all its own. */
import { join } from 'node:path'
import { Database } from '../../db/database.ts'
import type { Actor } from '../../domain/actor.ts'
import type { InstanceView, Placement } from '../../domain/instance.ts'
import { type Keyring, makeKeyring } from '../../domain/keyring.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { createInstance } from '../../services/create-instance.ts'
import { listInstances } from '../../services/list-instances.ts'
import { type Bench, type Environment, removeHome } from './bench.ts'
import type { Child } from './child.ts'
import { type SandboxBot, SandboxClient } from './sandbox-client.ts'
import { until } from './wait.ts'

const actor: Actor = { name: 'system:bench', userId: null, role: 'owner', tenant: null, source: 'bench' }
const ports = { portBase: 33_000, portCount: 500 }

export interface FleetBot extends SandboxBot {
  readonly id: string
}

export interface FleetOptions {
  readonly bots: number
  /** Left out: approved before any server starts. */
  readonly approved?: boolean
  readonly placement?: Placement
  readonly server?: string
}

export class Fleet {
  readonly sandbox: SandboxClient
  readonly bots: readonly FleetBot[]
  readonly databaseName: string
  readonly database: Database
  readonly #bench: Bench
  readonly #parts: FleetParts
  readonly #servers: Child[] = []

  private constructor(bench: Bench, parts: FleetParts, bots: readonly FleetBot[]) {
    this.#bench = bench
    this.#parts = parts
    this.sandbox = parts.sandbox
    this.databaseName = parts.databaseName
    this.database = parts.database
    this.bots = bots
  }

  /** Makes a fleet, lets it be used, and ends everything of it whatever happens. */
  static async use<T>(bench: Bench, options: FleetOptions, work: (fleet: Fleet) => Promise<T>): Promise<T> {
    bench.signal.throwIfAborted()
    const parts = await makeParts(bench)
    let fleet: Fleet | undefined
    try {
      fleet = new Fleet(bench, parts, await registerBots(parts, options))
      return await work(fleet)
    } finally {
      await Promise.all(fleet?.servers.map((server) => server.stop()) ?? [])
      await removeHome(parts.home)
      await parts.database.close()
      await parts.drop()
      await parts.sandbox.stop()
    }
  }

  get servers(): readonly Child[] {
    return this.#servers
  }

  /** Spawns a server; `started` waits until it says that it runs. */
  spawnServer(name = 'server1', more: Environment = {}): Child {
    const server = this.#bench.spawnServe({ ...this.#parts.environment, SERVERNAME: name, ...more }, this.#parts.home)
    this.#servers.push(server)
    return server
  }

  async startServer(name = 'server1', more: Environment = {}): Promise<Child> {
    const server = this.spawnServer(name, more)
    await server.line(/is running/)
    return server
  }

  /** What the database says of every bot. */
  views(): Promise<InstanceView[]> {
    return listInstances(this.#parts.database, actor, {})
  }

  /** Waits until every bot runs; gives the pids of their workers by instance. */
  async untilAllRun(limitMs = 120_000): Promise<Map<string, number>> {
    const look = async () => {
      const views = await this.views()
      const running = views.filter(({ state, pid }) => state === 'running' && pid !== null)
      return running.length === this.bots.length ? new Map(running.map(({ id, pid }) => [id, pid ?? 0])) : undefined
    }
    const what = `${this.bots.length} bots to run`
    return until(look, { signal: this.#bench.signal, what, limitMs, everyMs: 100 })
  }

  async pidOf(bot: FleetBot): Promise<number> {
    const pid = (await this.views()).find(({ id }) => id === bot.id)?.pid
    if (pid === null || pid === undefined) throw new Error(`${bot.id} has no worker`)
    return pid
  }

  /** Approves a bot for a month. */
  approve(bot: FleetBot): Promise<unknown> {
    return approve(this.#parts.database, bot.id)
  }

  /** Folder of the logs of a server's workers. */
  logsOf(server: string): string {
    return join(this.#parts.home, 'logs', server)
  }
}

interface FleetParts {
  readonly home: string
  readonly environment: Environment
  readonly sandbox: SandboxClient
  readonly database: Database
  readonly databaseName: string
  readonly keyring: Keyring
  readonly drop: () => Promise<void>
}

async function makeParts(bench: Bench): Promise<FleetParts> {
  const sandbox = await SandboxClient.start(bench.signal)
  const { url, name, drop } = await bench.makeDatabase()
  const home = bench.makeFolder()
  const environment = {
    ...bench.environmentFor(url, home),
    TELEGRAM_API_ROOT: sandbox.url,
    WORKER_PORT_BASE: String(ports.portBase),
    WORKER_PORT_COUNT: String(ports.portCount),
  }
  const database = Database.open(url, { applicationName: 'bench' })
  return { home, environment, sandbox, database, databaseName: name, keyring: makeKeyring([bench.key]), drop }
}

async function registerBots(parts: FleetParts, options: FleetOptions): Promise<FleetBot[]> {
  const { approved = true, server = 'server1', placement } = options
  const bots: FleetBot[] = []
  for (const { botId, token } of await parts.sandbox.addBots(options.bots)) {
    const { id } = await parts.database.transaction((tx) =>
      createInstance(tx, actor, {
        platform: 'telegram',
        name: `Bench ${botId}`,
        server,
        placement,
        token,
        keyring: parts.keyring,
        verified: { username: `bench_${botId}_bot` },
      }),
    )
    if (approved) await approve(parts.database, id)
    bots.push({ id, botId, token })
  }
  return bots
}

function approve(database: Database, id: string): Promise<unknown> {
  return database.transaction((tx) => approveInstance(tx, actor, { id, months: 1, daysPerMonth: 30, ...ports }))
}
