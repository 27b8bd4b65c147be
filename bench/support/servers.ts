/** One database of a run and the servers on it, all real and all its own. */
import { join } from 'node:path'
import { Database } from '../../db/database.ts'
import type { Actor } from '../../domain/actor.ts'
import type { InstanceView } from '../../domain/instance.ts'
import { type Keyring, makeKeyring } from '../../domain/keyring.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { listInstances } from '../../services/list-instances.ts'
import { type Bench, type Environment, removeHome } from './bench.ts'
import type { Child } from './child.ts'
import { until } from './wait.ts'

/** Who does everything that the bench does to a database. */
export const actor: Actor = { name: 'system:bench', userId: null, role: 'owner', tenant: null, source: 'bench' }
const ports = { portBase: 33_000, portCount: 500 }

export interface Bot {
  readonly id: string
}

export class Servers {
  readonly bench: Bench
  readonly database: Database
  readonly databaseName: string
  readonly keyring: Keyring
  readonly #home: string
  readonly #environment: Environment
  readonly #drop: () => Promise<void>
  readonly #all: Child[] = []

  private constructor(
    bench: Bench,
    parts: { url: string; name: string; drop: () => Promise<void>; more: Environment },
  ) {
    this.bench = bench
    this.#home = bench.makeFolder()
    this.#environment = {
      ...bench.environmentFor(parts.url, this.#home),
      WORKER_PORT_BASE: String(ports.portBase),
      WORKER_PORT_COUNT: String(ports.portCount),
      ...parts.more,
    }
    this.#drop = parts.drop
    this.database = Database.open(parts.url, { applicationName: 'bench' })
    this.databaseName = parts.name
    this.keyring = makeKeyring([bench.key])
  }

  /** Makes a database for servers that get `more` of the environment besides, and ends everything whatever happens. */
  static async use<T>(bench: Bench, more: Environment, work: (servers: Servers) => Promise<T>): Promise<T> {
    bench.signal.throwIfAborted()
    const servers = new Servers(bench, { ...(await bench.makeDatabase()), more })
    try {
      return await work(servers)
    } finally {
      await Promise.all(servers.#all.map((server) => server.stop()))
      await removeHome(servers.#home)
      await servers.database.close()
      await servers.#drop()
    }
  }

  get all(): readonly Child[] {
    return this.#all
  }

  /** Spawns a server and waits for nothing. */
  spawn(name = 'server1', more: Environment = {}): Child {
    const server = this.bench.spawnServe({ ...this.#environment, SERVERNAME: name, ...more }, this.#home)
    this.#all.push(server)
    return server
  }

  /** Spawns a server and waits until it says that it runs. */
  async start(name = 'server1', more: Environment = {}): Promise<Child> {
    const server = this.spawn(name, more)
    await server.line(/is running/)
    return server
  }

  /** What the database says of every bot. */
  views(): Promise<InstanceView[]> {
    return listInstances(this.database, actor, {})
  }

  /** Waits until every bot runs; gives the pids of their workers by instance. */
  async untilAllRun(limitMs = 120_000): Promise<Map<string, number>> {
    const look = async () => {
      const views = await this.views()
      const running = views.filter(({ state, pid }) => state === 'running' && pid !== null)
      return running.length === views.length ? new Map(running.map(({ id, pid }) => [id, pid ?? 0])) : undefined
    }
    return until(look, { signal: this.bench.signal, what: 'every bot to run', limitMs, everyMs: 100 })
  }

  async pidOf({ id }: Bot): Promise<number> {
    const pid = (await this.views()).find((view) => view.id === id)?.pid
    if (pid === null || pid === undefined) throw new Error(`${id} has no worker`)
    return pid
  }

  /** Approves a bot for a month. */
  approve({ id }: Bot): Promise<unknown> {
    return this.database.transaction((tx) => approveInstance(tx, actor, { id, months: 1, daysPerMonth: 30, ...ports }))
  }

  /** Folder of the logs of a server's workers. */
  logsOf(server: string): string {
    return join(this.#home, 'logs', server)
  }
}
