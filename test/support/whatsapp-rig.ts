/** A shop on WhatsApp: a linked bot in a real worker process, a fake server before it, and people with phones. */
import { vi } from 'vitest'
import { parseAmount } from '../../domain/money.ts'
import type { Phone } from '../../sandbox/whatsapp/phone.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { approveInstance } from '../../services/approve-instance.ts'
import { createProduct } from '../../services/catalogue/create-product.ts'
import { createInstance } from '../../services/create-instance.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import { adjustBalance } from '../../services/top-ups/adjust-balance.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { kill, workerOf } from './faults.ts'
import { ownerActor, Rig } from './rig.ts'
import { StatementCounter } from './statement-counter.ts'
import { whatsappBundle } from './whatsapp-workers.ts'

/** A person with a phone, and what stands in their chat with the bot. */
export class Caller {
  readonly phone: Phone
  readonly #bot: string

  constructor(phone: Phone, bot: string) {
    this.phone = phone
    this.#bot = bot
  }

  /** Writes to the bot. @returns the message's id */
  write(text: string): Promise<string> {
    return this.phone.write(this.#bot, text)
  }

  /** The next message of the bot that holds these words, without marks of direction. */
  async reads(words: string | RegExp): Promise<string> {
    const holds = (text: string) => (typeof words === 'string' ? text.includes(words) : words.test(text))
    try {
      const found = await this.phone.inbox.next('message', ({ text }) => holds(bare(text)), 30_000)
      return bare(found.text)
    } catch (error) {
      throw new Error(`nothing says ${String(words)}: ${JSON.stringify(this.texts(), null, 1)}`, { cause: error })
    }
  }

  /** Writes, and reads what comes of it. */
  async ask(text: string, words: string | RegExp): Promise<string> {
    await this.write(text)
    return this.reads(words)
  }

  /** Every text that the bot has shown here, in order. */
  texts(): string[] {
    return this.phone.inbox.all.flatMap((event) => (event.kind === 'message' ? [bare(event.text)] : []))
  }

  /** Files that the bot has sent, with what is in them. */
  files(): { name: string; content: string }[] {
    return this.phone.inbox.all.flatMap((event) =>
      event.kind === 'message' && event.file !== undefined
        ? [{ name: event.file.name ?? event.file.kind, content: event.file.bytes.toString() }]
        : [],
    )
  }
}

/** The number of the line of a menu that holds these words. */
export function numberOf(menu: string, words: string): string {
  const lines = menu.split('\n').filter((each) => /^\d+ /.test(each))
  const line = lines.findLast((each) => each.endsWith(` ${words}`)) ?? lines.findLast((each) => each.includes(words))
  if (line === undefined) throw new Error(`no line of the menu says ${words}: ${menu}`)
  return line.split(' ', 1)[0] ?? ''
}

export function bare(text: string): string {
  return text.replace(/[\u200a\u200f\u2068\u2069]/g, '')
}

export class WhatsAppRig {
  readonly db: TestDatabase
  readonly fake: FakeWhatsApp
  readonly rig: Rig
  readonly counter: StatementCounter
  #keys = 0

  private constructor(parts: Pick<WhatsAppRig, 'db' | 'fake' | 'rig' | 'counter'>) {
    this.db = parts.db
    this.fake = parts.fake
    this.rig = parts.rig
    this.counter = parts.counter
  }

  /** On a database of its own; `url` may lead to it through a proxy, and `start` start other supervisors than the usual one. */
  static async open(
    settings: Record<string, string> = {},
    given: { db?: TestDatabase; url?: string; start?: (rig: Rig) => Promise<unknown> } = {},
  ): Promise<WhatsAppRig> {
    const db = given.db ?? (await createTestDatabase())
    const fake = await startFakeWhatsApp()
    const counter = await StatementCounter.before(given.url ?? db.url)
    const rig = new Rig(db, { WHATSAPP_WS_URL: fake.url, ...settings })
    rig.whatsappBundle = whatsappBundle
    await (given.start ?? (() => rig.start({ url: counter.url })))(rig)
    return new WhatsAppRig({ db, fake, rig, counter })
  }

  async close(): Promise<void> {
    await this.rig.stop()
    await this.counter.stop()
    await this.fake.stop()
    await this.db.drop()
  }

  /** A bot of a tenant that runs, linked to the phone of its number. */
  async bot(number: string, given: { name?: string; tenant?: string } = {}): Promise<string> {
    const { db, rig } = this
    const id = await db.database.transaction(async (tx) => {
      const made = await createInstance(tx, ownerActor, {
        platform: 'whatsapp',
        name: given.name ?? 'Test Shop',
        server: rig.settings.SERVERNAME,
        phone: number,
        tenant: given.tenant,
        keyring: rig.keyring,
      })
      const approval = { id: made.id, months: 1, daysPerMonth: 30, portCount: 500 } as const
      await approveInstance(tx, ownerActor, { ...approval, portBase: rig.settings.WORKER_PORT_BASE })
      return made.id
    })
    await this.link(id, number)
    return id
  }

  /** Links a bot to its phone by a code. */
  async link(id: string, number: string): Promise<void> {
    const { db, rig, fake } = this
    await db.database.transaction((tx) => requestPairing(tx, ownerActor, { id, method: 'code', keyring: rig.keyring }))
    const code = await vi.waitFor(
      async () => {
        const view = await showPairing(db.database, ownerActor, { id, keyring: rig.keyring })
        if (view.code === null) throw new Error(`no code yet: ${view.step} ${view.reason ?? ''}`)
        return view.code
      },
      { timeout: 30_000, interval: 50 },
    )
    const outcome = await fake.phoneOf(number).enterCode(code.replace('-', ''))
    if (outcome !== 'linked') throw new Error(`not linked: ${outcome}`)
    await rig.until(id, 'running')
  }

  /** A person in front of a bot. */
  caller(bot: string, given: { name?: string; number?: string; addressing?: 'lid' | 'pn' | 'hidden' } = {}): Caller {
    const { name = 'Ann', ...rest } = given
    return new Caller(this.fake.addPerson({ name, ...rest }), bot)
  }

  /** A product and its units, one a line. */
  async product(id: string, given: { lines?: readonly string[]; price?: string; name?: string } = {}): Promise<void> {
    const { lines = [], price = '2.5', name = `Product ${id}` } = given
    const basePrice = parseAmount(price, 'USDT')
    await this.db.database.transaction((tx) => createProduct(tx, ownerActor, { id, name, currency: 'USDT', basePrice }))
    if (lines.length > 0) await this.stock(id, { lines: Buffer.from(lines.join('\n')) })
  }

  async stock(product: string, goods: Parameters<typeof addStock>[2]['goods']): Promise<void> {
    const { keyring } = this.rig
    await this.db.database.transaction((tx) => addStock(tx, ownerActor, { product, keyring, source: 'test', goods }))
  }

  async credit(caller: Caller, amount = '100'): Promise<void> {
    const customer = await this.customerOf(caller)
    this.#keys += 1
    const adjustment = { customer, amount: parseAmount(amount, 'USDT'), reason: 'a gift', key: `test-${this.#keys}` }
    await this.db.database.transaction((tx) => adjustBalance(tx, ownerActor, { ...adjustment, currency: 'USDT' }))
  }

  async customerOf({ phone }: Caller): Promise<string> {
    const { rows } = await this.db.database.query<{ id: string }>(
      'select id from customer where platform_user_id in ($1, $2)',
      [phone.number, `${phone.lid}@lid`],
    )
    if (rows[0] === undefined || rows.length > 1) throw new Error(`${rows.length} customers of this number`)
    return rows[0].id
  }

  /** Kills the worker of a bot. */
  async killWorker(id: string): Promise<void> {
    const worker = await workerOf(this.db.database, id)
    if (worker === undefined) throw new Error('no worker to kill')
    await kill(worker)
  }
}
