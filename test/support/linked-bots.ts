/** WhatsApp bots under a real supervisor, whose workers echo: linked to phones of a fake server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { PairingMethod } from '../../domain/pairing.ts'
import type { ProcessIdentity } from '../../domain/process-identity.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { createInstance } from '../../services/create-instance.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { processOf } from './faults.ts'
import { ownerActor, Rig } from './rig.ts'
import { bundleEcho } from './whatsapp-workers.ts'

export class LinkedBots {
  readonly db: TestDatabase
  readonly fake: FakeWhatsApp
  readonly rig: Rig
  readonly #folder: string

  private constructor(parts: { db: TestDatabase; fake: FakeWhatsApp; rig: Rig; folder: string }) {
    this.db = parts.db
    this.fake = parts.fake
    this.rig = parts.rig
    this.#folder = parts.folder
  }

  static async open(settings: Record<string, string> = {}): Promise<LinkedBots> {
    const db = await createTestDatabase()
    const fake = await startFakeWhatsApp()
    const rig = new Rig(db, { WHATSAPP_WS_URL: fake.url, LOG_LEVEL: 'debug', ...settings })
    const folder = mkdtempSync(join(tmpdir(), 'botfleet-linked-'))
    rig.whatsappBundle = await bundleEcho(folder)
    return new LinkedBots({ db, fake, rig, folder })
  }

  async close(): Promise<void> {
    await this.rig.stop()
    await this.fake.stop()
    await this.db.drop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** A new bot of a number; approved unless told otherwise. */
  bot(number: string, given: { approved?: boolean } = {}): Promise<string> {
    const { db, rig } = this
    return db.database.transaction(async (tx) => {
      const { id } = await createInstance(tx, ownerActor, {
        platform: 'whatsapp',
        name: 'Echo',
        server: rig.settings.SERVERNAME,
        phone: `+${number}`,
        tenant: undefined,
        keyring: rig.keyring,
      })
      if (given.approved === false) return id
      const approval = { id, months: 1, daysPerMonth: 30, portCount: 500 } as const
      await approveInstance(tx, ownerActor, { ...approval, portBase: rig.settings.WORKER_PORT_BASE })
      return id
    })
  }

  async request(id: string, method: PairingMethod = 'code', given: { again?: boolean } = {}): Promise<void> {
    const { keyring } = this.rig
    await this.db.database.transaction((tx) => requestPairing(tx, ownerActor, { id, method, keyring, ...given }))
  }

  pairing(id: string): ReturnType<typeof showPairing> {
    return showPairing(this.db.database, ownerActor, { id, keyring: this.rig.keyring })
  }

  /** The code or QR code that is shown, when there is one that is not `besides`. */
  async shown(id: string, besides = ''): Promise<string> {
    return vi.waitFor(
      async () => {
        const { code, qr, step, reason } = await this.pairing(id)
        const shown = code?.replace('-', '') ?? qr ?? besides
        if (shown === besides) throw new Error(`nothing is shown: ${step} ${reason ?? ''}`)
        return shown
      },
      { timeout: 30_000, interval: 20 },
    )
  }

  /** Links an approved bot by a code, and waits until it runs. */
  async link(id: string, number: string): Promise<void> {
    await this.request(id)
    const code = await this.shown(id)
    const outcome = await this.fake.phoneOf(number).enterCode(code)
    if (outcome !== 'linked') throw new Error(`not linked: ${outcome}`)
    await this.rig.until(id, 'running')
  }

  /** Starts the supervisor with one bot, and links it. */
  async linkedBotStarted(number: string): Promise<string> {
    const id = await this.bot(number)
    await this.rig.start()
    await this.link(id, number)
    return id
  }

  async workerOf(id: string): Promise<ProcessIdentity> {
    return processOf((await this.rig.show(id)).pid)
  }

  /** Rows that are kept of a bot's device: its session, and its keys. */
  async kept(id: string): Promise<{ sessions: number; keys: number }> {
    const { rows } = await this.db.database.query<{ sessions: number; keys: number }>(
      `select (select count(*)::int from whatsapp_session where instance_id = $1) as sessions,
         (select count(*)::int from whatsapp_key where instance_id = $1) as keys`,
      [id],
    )
    return rows[0] ?? { sessions: 0, keys: 0 }
  }
}
