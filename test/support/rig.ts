/** A supervisor with its gateway on a real database, whose workers are real processes: the plain worker by default. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { Database } from '../../db/database.ts'
import type { Actor } from '../../domain/actor.ts'
import type { Failure } from '../../domain/failure.ts'
import type { InstanceView, State } from '../../domain/instance.ts'
import { type Keyring, makeKeyring } from '../../domain/keyring.ts'
import { parseSettings, type Settings } from '../../domain/settings.ts'
import { Gateway } from '../../gateway/gateway.ts'
import { Supervisor } from '../../orchestrator/supervisor.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import { Metrics } from '../../runtime/metrics.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { createInstance } from '../../services/create-instance.ts'
import { listInstanceEvents } from '../../services/list-instance-events.ts'
import { showInstance } from '../../services/show-instance.ts'
import type { TestDatabase } from './database.ts'
import { SupervisorProcess } from './supervisor-process.ts'

export const ownerActor: Actor = { name: 'cli:test@here', userId: null, role: 'owner', tenant: null, source: 'test' }

/** One for all rigs of a test file, so that a second one opens what the first has sealed. */
const testKey = randomBytes(32)
const testKeyring = makeKeyring([testKey])
let nextBotId = 7000

export class Rig {
  readonly settings: Settings
  readonly keyring: Keyring = testKeyring
  readonly home = mkdtempSync(join(tmpdir(), 'botfleet-rig-'))
  readonly logLines: string[] = []
  readonly givenUp: Failure[] = []
  readonly metrics = new Metrics({ server: 'alpha', version: 'test', perBot: true })
  /** The WhatsApp worker's program; none by default. */
  whatsappBundle = join(this.home, 'no-such-bundle')
  readonly #test: TestDatabase
  readonly #bundle: string
  readonly #given: Record<string, string>
  readonly #apart: SupervisorProcess[] = []
  readonly #open: { supervisor: Supervisor; gateway: Gateway; database: Database }[] = []

  /** `telegram` runs the real bundled worker; TELEGRAM_API_ROOT should then be a sandbox. */
  constructor(test: TestDatabase, settings: Record<string, string> = {}, worker: 'plain' | 'telegram' = 'plain') {
    this.#test = test
    this.#bundle =
      worker === 'plain'
        ? join(import.meta.dirname, '..', 'fixtures', 'plain-worker.mjs')
        : join(import.meta.dirname, '..', '..', 'dist', 'worker-telegram.mjs')
    this.#given = {
      SERVERNAME: 'alpha',
      LEASE_TTL_SECONDS: '3',
      GRACE_SECONDS: '2',
      RESTART_MAX_SECONDS: '1',
      START_TIMEOUT_SECONDS: '20',
      SAMPLE_SECONDS: '1',
      WORKER_PORT_BASE: String(10_000 + Math.floor(Math.random() * 20_000)),
      ...settings,
    }
    this.settings = parseSettings(this.#given)
  }

  /** Starts a supervisor; `url` may lead through a proxy. Its statements may take `queryTimeoutMs`. */
  async start(options: { url?: string; server?: string; queryTimeoutMs?: number } = {}): Promise<Supervisor> {
    const server = options.server ?? this.settings.SERVERNAME
    const url = options.url ?? this.#test.url
    const log: Log = createLog({ level: 'debug', name: server, write: (line) => void this.logLines.push(line) })
    const database = Database.open(url, {
      applicationName: `botfleet serve ${server}`,
      queryTimeoutMs: options.queryTimeoutMs ?? 1000,
      connectTimeoutMs: 1000,
    })
    const parts: { supervisor?: Supervisor } = {}
    const gateway = new Gateway({
      server,
      socketFolder: join(this.home, 'sockets'),
      database,
      keyring: () => this.keyring,
      settings: this.settings,
      fleet: () => parts.supervisor,
      log,
      metrics: this.metrics,
    })
    const supervisor = new Supervisor(
      {
        server,
        settings: { ...this.settings, SERVERNAME: server },
        database,
        databaseUrl: url,
        log,
        metrics: this.metrics,
        clock: systemClock,
        keyring: () => this.keyring,
        logFolder: join(this.home, 'logs', server),
        workerBundle: (platform) => (platform === 'telegram' ? this.#bundle : this.whatsappBundle),
        door: gateway,
        url: null,
        version: 'test',
      },
      (failure) => void this.givenUp.push(failure),
    )
    parts.supervisor = supervisor
    this.#open.push({ supervisor, gateway, database })
    await supervisor.start()
    return supervisor
  }

  /** Starts a supervisor in a process of its own, on the same folders; resolves when it has said how that went. */
  async startApart(
    options: {
      url?: string
      server?: string
      wrap?: readonly string[]
      settings?: Record<string, string>
      diesBeforeIdentity?: boolean
    } = {},
  ): Promise<SupervisorProcess> {
    const server = options.server ?? this.settings.SERVERNAME
    const apart = new SupervisorProcess(
      {
        url: options.url ?? this.#test.url,
        settings: { ...this.#given, ...options.settings, SERVERNAME: server },
        key: testKey.toString('base64'),
        socketFolder: join(this.home, 'sockets'),
        logFolder: join(this.home, 'logs', server),
        bundle: this.#bundle,
        whatsappBundle: this.whatsappBundle,
        diesBeforeIdentity: options.diesBeforeIdentity ?? false,
      },
      options.wrap,
    )
    this.#apart.push(apart)
    await vi.waitFor(
      () => {
        if (apart.words.length === 0 && apart.isRunning) throw new Error(`not started yet: ${apart.log.slice(-500)}`)
      },
      { timeout: 60_000, interval: 20 },
    )
    return apart
  }

  /** Registers an approved bot; its name says how the plain worker misbehaves. */
  async approvedBot(
    name = 'well-behaved',
    options: { server?: string; daysPerMonth?: number; token?: string; tenant?: string } = {},
  ): Promise<string> {
    nextBotId += 1
    const botId = nextBotId
    return this.#test.database.transaction(async (tx) => {
      const { id } = await createInstance(tx, ownerActor, {
        platform: 'telegram',
        name,
        server: options.server ?? this.settings.SERVERNAME,
        token: options.token ?? `${botId}:fake-token-for-tests`,
        tenant: options.tenant,
        keyring: this.keyring,
      })
      await approveInstance(tx, ownerActor, {
        id,
        months: 1,
        daysPerMonth: options.daysPerMonth ?? 30,
        portBase: this.settings.WORKER_PORT_BASE,
        portCount: 500,
      })
      return id
    })
  }

  /** Registers a WhatsApp bot; its name says how the plain worker misbehaves. */
  async whatsappBot(
    name = 'well-behaved',
    options: { approved?: boolean; linked?: boolean; daysPerMonth?: number; tenant?: string } = {},
  ): Promise<string> {
    nextBotId += 1
    const phone = `+4917000${nextBotId}`
    return this.#test.database.transaction(async (tx) => {
      const { id } = await createInstance(tx, ownerActor, {
        platform: 'whatsapp',
        name,
        server: this.settings.SERVERNAME,
        phone,
        tenant: options.tenant,
        keyring: this.keyring,
      })
      if (options.approved === true) {
        await approveInstance(tx, ownerActor, {
          id,
          months: 1,
          daysPerMonth: options.daysPerMonth ?? 30,
          portBase: this.settings.WORKER_PORT_BASE,
          portCount: 500,
        })
      }
      if (options.linked === true) {
        await tx.query(
          `insert into whatsapp_session (instance_id, key_id, sealed, linked_at) values ($1, $2, 'v1.box', now())`,
          [id, this.keyring.activeKeyId],
        )
      }
      return id
    })
  }

  show(id: string): Promise<InstanceView> {
    return showInstance(this.#test.database, ownerActor, { id })
  }

  /** Waits until an instance has the state (and whatever else is asked). */
  async until(id: string, state: State, more: (view: InstanceView) => boolean = () => true): Promise<InstanceView> {
    return vi.waitFor(
      async () => {
        const view = await this.show(id)
        if (view.state !== state || !more(view))
          throw new Error(`${id} is ${view.state} (${view.last_error ?? 'no error'})`)
        return view
      },
      { timeout: 30_000, interval: 30 },
    )
  }

  /** Waits until an event stands in a bot's history, which is written beside its state. */
  async untilEvent(id: string, event: { kind?: string; reason?: string; server_name?: string }): Promise<void> {
    await vi.waitFor(
      async () => {
        const events = await listInstanceEvents(this.#test.database, ownerActor, { id, limit: 100 })
        expect(events).toContainEqual(expect.objectContaining(event))
      },
      { timeout: 30_000, interval: 30 },
    )
  }

  /** Lines that a bot's workers wrote. */
  workerLines(id: string, server = this.settings.SERVERNAME): Record<string, unknown>[] {
    const text = readFileSync(join(this.home, 'logs', server, `${id}.log`), 'utf8')
    return text
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
  }

  async stop(): Promise<void> {
    for (const apart of this.#apart.splice(0)) {
      apart.signal('SIGCONT')
      apart.signal('SIGTERM')
      // A wrapper such as unshare does not hand the signal on.
      const late = setTimeout(() => apart.signal('SIGKILL'), 15_000)
      await apart.ended
      clearTimeout(late)
    }
    for (const { supervisor, gateway, database } of this.#open.splice(0)) {
      await supervisor.stop()
      await gateway.close()
      await database.close()
    }
    rmSync(this.home, { recursive: true, force: true })
  }
}
