/** A fleet as its operator has it: the real `./botfleet serve` and the real commands, with WhatsApp bots on a fake server. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { InstanceView, State } from '../../domain/instance.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import type { PairingView } from '../../domain/pairing.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { type CliRun, runCli, StayingCli } from './cli.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { Caller } from './whatsapp-rig.ts'

export class ServedFleet {
  db: TestDatabase
  readonly fake: FakeWhatsApp
  readonly folder = mkdtempSync(join(tmpdir(), 'botfleet-served-'))
  /** Codes that bots were linked by. */
  readonly codes: string[] = []
  /** Every `serve` so far. */
  readonly served: StayingCli[] = []
  readonly #key = randomBytes(32)
  readonly #portBase = String(32_000 + Math.floor(Math.random() * 900))

  private constructor(db: TestDatabase, fake: FakeWhatsApp) {
    this.db = db
    this.fake = fake
  }

  static async open(): Promise<ServedFleet> {
    return new ServedFleet(await createTestDatabase(), await startFakeWhatsApp())
  }

  get keyring(): ReturnType<typeof makeKeyring> {
    return makeKeyring([this.#key])
  }

  get home(): string {
    return join(this.folder, 'home')
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    await Promise.all(this.served.map((server) => server.stop()))
    await this.fake.stop()
    await this.db.drop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Starts a server; resolves when it runs. */
  async serve(): Promise<StayingCli> {
    const server = new StayingCli(['serve'], this.#environment, this.folder)
    this.served.push(server)
    await vi.waitFor(
      () => {
        if (!server.stdout.includes('is running')) throw new Error(server.stderr)
      },
      { timeout: 30_000 },
    )
    return server
  }

  cli(...parameters: string[]): Promise<CliRun> {
    return runCli(parameters, this.#environment, this.folder)
  }

  /** A command's document; throws with what it said when it failed. */
  async json<T>(...parameters: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.cli(...parameters, '--json')
    if (code !== 0) throw new Error(`${parameters[0] ?? ''}: exit ${code ?? 'none'}: ${stderr}`)
    return JSON.parse(stdout) as T
  }

  show(id: string): Promise<InstanceView> {
    return this.json('show', id)
  }

  async until(id: string, state: State): Promise<InstanceView> {
    return vi.waitFor(
      async () => {
        const view = await this.show(id)
        if (view.state !== state) throw new Error(`${id} is ${view.state} (${view.last_error ?? 'no error'})`)
        return view
      },
      { timeout: 40_000, interval: 200 },
    )
  }

  /** An approved bot that is linked to the phone of its number, and runs. */
  async pairedBot(number: string): Promise<string> {
    const given = ['--platform', 'whatsapp', '--name', 'Test Shop', '--phone', `+${number}`]
    const { id } = await this.json<InstanceView>('create', ...given)
    await this.json('approve', id, '--months', '1')
    await this.pair(id, number)
    return id
  }

  async pair(id: string, number: string): Promise<void> {
    const { code } = await this.json<PairingView>('pair', id)
    if (code === null) throw new Error('no code')
    this.codes.push(code, code.replace('-', ''))
    const outcome = await this.fake.phoneOf(number).enterCode(code)
    if (outcome !== 'linked') throw new Error(`not linked: ${outcome}`)
    await this.until(id, 'running')
  }

  /** A person in front of a bot. */
  caller(bot: string, given: { name: string; number?: string; addressing?: 'lid' | 'pn' | 'hidden' }): Caller {
    return new Caller(this.fake.addPerson(given), bot)
  }

  get #environment(): Record<string, string> {
    return {
      DATABASE_URL: this.db.url,
      SERVERNAME: 'alpha',
      BOTFLEET_HOME: this.home,
      AGENT_TOKEN_AES_KEY: this.#key.toString('base64'),
      WHATSAPP_WS_URL: this.fake.url,
      PORT: '0',
      LOG_LEVEL: 'debug',
      LEASE_TTL_SECONDS: '5',
      GRACE_SECONDS: '3',
      WORKER_PORT_BASE: this.#portBase,
      ADMIN_PASSWORD: 'canary-owner-password-for-tests',
    }
  }
}
