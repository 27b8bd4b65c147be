/** The fleet of the chaos tests: two real servers on one Postgres, and bots in a sandbox, which people write to. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { Database } from '../../../db/database.ts'
import { migrate } from '../../../db/migrate.ts'
import type { InstanceView } from '../../../domain/instance.ts'
import { type Keyring, makeKeyring } from '../../../domain/keyring.ts'
import { parseProcessIdentity } from '../../../domain/process-identity.ts'
import type { AuditLine } from '../../../sandbox/audit.ts'
import { type Sandbox, startSandbox } from '../../../sandbox/start-sandbox.ts'
import { approveInstance } from '../../../services/approve-instance.ts'
import { createInstance } from '../../../services/create-instance.ts'
import { editInstance } from '../../../services/edit-instance.ts'
import { showInstance } from '../../../services/show-instance.ts'
import { startInstance } from '../../../services/start-instance.ts'
import { stopInstance } from '../../../services/stop-instance.ts'
import { kill } from '../../support/faults.ts'
import { LeaseTrace, startLeaseTrace } from '../../support/lease-trace.ts'
import { PostgresHome } from '../../support/postgres-server.ts'
import { RequestTrace } from '../../support/request-trace.ts'
import { ownerActor } from '../../support/rig.ts'
import { ChaosServer } from './chaos-server.ts'

const serverNames = ['alpha', 'beta'] as const
const portsOfServer = 100

export interface ChaosBot {
  readonly instance: string
  readonly botId: number
  readonly tenant: string
  wish: 'running' | 'stopped'
}

export interface FleetWishes {
  readonly say: (line: string) => void
  /** The tenants of each server's bots; half of the bots are pinned to their server, half may float. */
  readonly tenants: readonly (readonly string[])[]
  /** Of two servers' ports. */
  readonly portBase: number
  readonly settings?: Readonly<Record<string, string>>
  readonly onAudit?: (line: AuditLine) => void
}

export class ChaosFleet {
  readonly sandbox: Sandbox
  readonly requests: RequestTrace
  readonly bots: ChaosBot[] = []
  readonly servers: ChaosServer[] = []
  readonly database: Database
  readonly databaseUrl: string
  readonly keyring: Keyring
  readonly #settings: Readonly<Record<string, string>>
  readonly #postgres: PostgresHome
  readonly #folder = mkdtempSync(join(tmpdir(), 'botfleet-chaos-'))
  readonly #key = randomBytes(32)

  private constructor(
    parts: Pick<ChaosFleet, 'database' | 'databaseUrl' | 'sandbox' | 'requests'> & { postgres: PostgresHome },
    settings: Readonly<Record<string, string>>,
  ) {
    this.#postgres = parts.postgres
    this.database = parts.database
    this.databaseUrl = parts.databaseUrl
    this.#settings = settings
    this.sandbox = parts.sandbox
    this.requests = parts.requests
    this.keyring = makeKeyring([this.#key])
  }

  /** Starts it all and waits until every bot runs. */
  static async start({ say, tenants, portBase, settings = {}, onAudit }: FleetWishes): Promise<ChaosFleet> {
    const postgres = new PostgresHome()
    const { url } = await postgres.ensure()
    await migrate(url)
    const database = Database.open(url, { applicationName: 'botfleet chaos test' })
    await startLeaseTrace(database)
    const requests = new RequestTrace('worker-telegram.mjs')
    const sandbox = await startSandbox({
      onAudit: (line) => {
        requests.note(line)
        onAudit?.(line)
      },
    })
    requests.goingTo(sandbox.apiRoot)
    const fleet = new ChaosFleet({ postgres, database, databaseUrl: url, sandbox, requests }, settings)
    for (const [index, name] of serverNames.entries()) {
      const base = portBase + index * portsOfServer
      await fleet.#makeBots(name, base, tenants[index] ?? [])
      const environment = fleet.#environmentOf(base, name)
      fleet.servers.push(await ChaosServer.start({ name, databaseUrl: url, environment, folder: fleet.#folder, say }))
    }
    await vi.waitFor(() => fleet.assertConverged(), { timeout: 40_000, interval: 200 })
    return fleet
  }

  view(bot: ChaosBot): Promise<InstanceView> {
    return showInstance(this.database, ownerActor, { id: bot.instance })
  }

  /** Turns the wish of a bot over, as an operator would. */
  async turn(bot: ChaosBot): Promise<void> {
    const wish = bot.wish === 'running' ? 'stopped' : 'running'
    const change = wish === 'running' ? startInstance : stopInstance
    await this.database.transaction((tx) => change(tx, ownerActor, { id: bot.instance }))
    bot.wish = wish
  }

  /** Throws unless every bot is in the state that its wish asks for. */
  async assertConverged(): Promise<void> {
    const views = await Promise.all(this.bots.map((bot) => this.view(bot)))
    const wrong = views.filter(({ state }, index) => state !== this.bots[index]?.wish)
    if (wrong.length === 0) return
    const words = wrong.map((view) => `${view.id} on ${view.server_name} is ${view.state} (${view.last_error ?? '-'})`)
    throw new Error(`not converged: ${words.join('; ')}`)
  }

  leases(): Promise<LeaseTrace> {
    return LeaseTrace.read(this.database)
  }

  /** The last lines of every log, for a failure that needs explaining. */
  logs(linesMax: number): string {
    const tail = (text: string) => text.trimEnd().split('\n').slice(-linesMax).join('\n')
    const parts = this.servers.map((server) => `--- ${server.name}\n${tail(server.log)}`)
    for (const name of serverNames) {
      const folder = join(this.#homeOf(name), 'logs', name)
      for (const file of readdirSync(folder).filter((one) => one.endsWith('.log'))) {
        parts.push(`--- ${name}/${file}\n${tail(readFileSync(join(folder, file), 'utf8'))}`)
      }
    }
    return parts.join('\n')
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
    for (const text of (await this.leases()).processes) {
      const identity = parseProcessIdentity(text)
      if (identity !== undefined) await kill(identity)
    }
    await this.sandbox.stop()
    this.requests.stop()
    await this.database.close()
    await this.#postgres.remove()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #homeOf(server: string): string {
    return join(this.#folder, `home-${server}`)
  }

  #environmentOf(base: number, server: string): Record<string, string> {
    return {
      BOTFLEET_HOME: this.#homeOf(server),
      AGENT_TOKEN_AES_KEY: this.#key.toString('base64'),
      TELEGRAM_API_ROOT: this.sandbox.apiRoot,
      PORT: '0',
      LEASE_TTL_SECONDS: '4',
      GRACE_SECONDS: '3',
      RESTART_MAX_SECONDS: '1',
      RESTART_BUDGET: '1000',
      WORKER_PORT_BASE: String(base),
      WORKER_PORT_COUNT: String(portsOfServer),
      ADMIN_PASSWORD: 'owner-password-for-tests',
      ...this.#settings,
    }
  }

  async #makeBots(server: string, base: number, tenants: readonly string[]): Promise<void> {
    for (const [index, tenant] of tenants.entries()) {
      const number = this.bots.length + 1
      // A token of the sandbox's own making: a worker that another run has left behind cannot poll these bots.
      const { id: botId, token } = this.sandbox.createBot({ name: `Bot ${number}`, username: `bot_${number}` })
      const instance = await this.database.transaction(async (tx) => {
        const created = { platform: 'telegram', name: `Bot ${number}`, server, token, keyring: this.keyring } as const
        const { id } = await createInstance(tx, ownerActor, { ...created, tenant })
        await editInstance(tx, ownerActor, { id, placement: index % 2 === 0 ? 'pinned' : 'floating' })
        await approveInstance(tx, ownerActor, {
          id,
          months: 1,
          daysPerMonth: 30,
          portBase: base,
          portCount: portsOfServer,
        })
        return id
      })
      this.bots.push({ instance, botId, tenant, wish: 'running' })
    }
  }
}
