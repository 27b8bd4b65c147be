/** A shop that people buy from: a bot of the master and one of an agent, products with stock, people with balances. */
import { type Currency, parseAmount } from '../../domain/money.ts'
import type { ChatMessage } from '../../sandbox/chat.ts'
import { inlineButtonsOf, type PersonChat } from '../../sandbox/person-chat.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { createProduct } from '../../services/catalogue/create-product.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import { adjustBalance } from '../../services/top-ups/adjust-balance.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { ownerActor, Rig } from './rig.ts'

export interface Visitor {
  readonly id: number
  readonly chat: PersonChat
}

export class ShopRig {
  readonly db: TestDatabase
  readonly sandbox: Sandbox
  readonly rig: Rig
  readonly bot: { readonly id: number; readonly token: string }
  /** The master's bot. */
  readonly instance: string
  #keys = 0

  private constructor(parts: Pick<ShopRig, 'db' | 'sandbox' | 'rig' | 'bot' | 'instance'>) {
    this.db = parts.db
    this.sandbox = parts.sandbox
    this.rig = parts.rig
    this.bot = parts.bot
    this.instance = parts.instance
  }

  /** A running bot of the master. */
  static async open(settings: Record<string, string> = {}): Promise<ShopRig> {
    const db = await createTestDatabase()
    const sandbox = await startSandbox()
    const rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot, ...settings }, 'telegram')
    const bot = sandbox.createBot({ name: 'Test Shop', username: 'test_shop_bot' })
    const instance = await rig.approvedBot('Test Shop', { token: bot.token })
    await rig.start()
    await rig.until(instance, 'running')
    return new ShopRig({ db, sandbox, rig, bot, instance })
  }

  async close(): Promise<void> {
    await this.rig.stop()
    await this.sandbox.stop()
    await this.db.drop()
  }

  /** A person in front of a bot. */
  visitor(languageCode: string, botId = this.bot.id): Visitor {
    this.#keys += 1
    const person = this.sandbox.person(`Ann ${this.#keys}`, { languageCode })
    return { id: person.id, chat: person.in({ id: botId }) }
  }

  /** A product and its units, one a line. */
  async product(
    id: string,
    given: { lines?: readonly string[]; price?: string; limit?: number; description?: string; category?: string } = {},
  ): Promise<void> {
    const { lines = [], price = '5', limit: limitPerCustomer, description, category } = given
    await this.db.database.transaction(async (tx) => {
      await createProduct(tx, ownerActor, {
        id,
        name: `Product ${id}`,
        description,
        category,
        limitPerCustomer,
        currency: 'USDT',
        basePrice: parseAmount(price, 'USDT'),
      })
    })
    if (lines.length > 0) await this.stock(id, { lines: Buffer.from(lines.join('\n')) })
  }

  async stock(product: string, goods: Parameters<typeof addStock>[2]['goods']): Promise<void> {
    const { keyring } = this.rig
    await this.db.database.transaction((tx) => addStock(tx, ownerActor, { product, keyring, source: 'test', goods }))
  }

  /** Gives a person who has begun the chat money. */
  async credit(visitor: Visitor, amount: string, currency: Currency = 'USDT'): Promise<void> {
    const customer = await this.customerOf(visitor)
    this.#keys += 1
    const key = `test-${this.#keys}`
    const adjustment = { customer, currency, amount: parseAmount(amount, currency), reason: 'a gift', key }
    await this.db.database.transaction((tx) => adjustBalance(tx, ownerActor, adjustment))
  }

  async customerOf(visitor: Visitor): Promise<string> {
    const { rows } = await this.db.database.query<{ id: string }>(
      'select id from customer where platform_user_id = $1',
      [String(visitor.id)],
    )
    if (rows[0] === undefined) throw new Error('this person has not begun the chat')
    return rows[0].id
  }

  /** Units of stock by state, and orders by status. */
  async counts(): Promise<{ sold: number; orders: number; balance: string }> {
    const { rows } = await this.db.database.query<{ sold: number; orders: number; balance: string }>(
      `select (select count(*)::int from stock_unit where state = 'sold') as sold,
         (select count(*)::int from customer_order where status = 'paid') as orders,
         (select coalesce(sum(balance), 0)::text from account where kind = 'customer') as balance`,
    )
    if (rows[0] === undefined) throw new Error('a select without a table has one row')
    return rows[0]
  }
}

/** The buttons of a message, by their labels. */
export function labels(message: ChatMessage): string[] {
  return inlineButtonsOf(message).map(({ text }) => text)
}

/** The callback data of the button that begins with a route. */
export function dataOf(message: ChatMessage, route: string): string {
  const found = inlineButtonsOf(message).find(
    ({ callback_data: data }) => data?.replace(/^\+/, '').split(':')[0] === route,
  )
  if (found?.callback_data === undefined)
    throw new Error(`no button leads to ${route}: ${JSON.stringify(labels(message))}`)
  return found.callback_data
}

/** Whether a message begins with this text of a catalogue, whatever fills its placeholders. */
export function isSentence(template: string): (message: ChatMessage) => boolean {
  const literal = (part: string) => bare(part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(
    `^${template
      .split(/\{\w+\}/)
      .map(literal)
      .join('[\\s\\S]*?')}`,
  )
  return ({ text }) => pattern.test(bare(text))
}

/** Without markup and marks of direction. */
function bare(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/[\u200f\u2068\u2069]/g, '')
    .trim()
}
