/** A shop in business for the figures of orders: agents, customers with money, products in stock, and orders before. */
import { randomUUID } from 'node:crypto'
import { Database } from '../../db/database.ts'
import type { Queryable } from '../../db/transaction.ts'
import { type PlaceOrder, placeOrder } from '../../services/orders/place-order.ts'
import type { Bench } from './bench.ts'

export const agents = 16
const customersOfAgent = 50
const products = 100
const unitsOfProduct = 1000
/** What the figure of one hot product sells. */
export const hotProduct = 'hot'
const unitsOfHotProduct = 30_000
/** Plans made on empty tables are other plans. */
const ordersBefore = 3000
/** In the smallest unit: nobody runs out of it. */
const balance = 1_000_000_000_000

export interface Choice {
  readonly product: string
  readonly agent: number
  readonly customer: number
}

export class BenchShop {
  readonly database: Database
  readonly #drop: () => Promise<void>
  #numbers = 0

  private constructor(database: Database, drop: () => Promise<void>) {
    this.database = database
    this.#drop = drop
  }

  /** Opens a shop of its own for some work, with a connection for each client, and removes it afterwards. */
  static async use<T>(bench: Bench, clients: number, work: (shop: BenchShop) => Promise<T>): Promise<T> {
    const made = await bench.makeDatabase()
    const options = { applicationName: 'bench', connectionsMax: clients, queryTimeoutMs: 120_000 }
    const database = Database.open(made.url, options)
    const shop = new BenchShop(database, made.drop)
    try {
      for (const statement of opening) await database.query(statement)
      for (let number = 0; number < ordersBefore; number += 1) await shop.order()
      for (const statement of ['vacuum analyze', 'checkpoint']) await database.query(statement)
      return await work(shop)
    } finally {
      await database.close()
      await shop.#drop()
    }
  }

  /** Somebody buys something. */
  choose(more: Partial<Choice> = {}): Choice {
    return {
      product: `p${anyOf(products)}`,
      agent: anyOf(agents),
      customer: anyOf(customersOfAgent),
      ...more,
    }
  }

  /** One unit, through the service, in one round trip. */
  async order(more: Partial<Choice> = {}, tx: Queryable = this.database): Promise<void> {
    const { product, agent, customer } = this.choose(more)
    const input: PlaceOrder = {
      product,
      quantity: 1,
      key: this.key(),
      shownUnitPrice: null,
      hold: false,
      maturityHours: 48,
      actor: 'bench',
    }
    const buyer = { tenant: `agent:a${agent}`, customerId: `a${agent}c${customer}`, instanceId: `b${agent}` }
    const { status, refusal } = await placeOrder(tx, buyer, input)
    if (status !== 'paid') throw new Error(`an order was ${refusal ?? status}`)
  }

  key(): string {
    return `bench ${(this.#numbers += 1)} ${randomUUID()}`
  }

  /** The floor: a commit of one row. */
  async insert(): Promise<void> {
    await this.database.query('insert into bench_row (value) values ($1)', [1])
  }
}

const opening = [
  `insert into tenant (id, name, markup_hundredths) select 'agent:a' || n, 'A', 1000 from generate_series(1, ${agents}) n`,
  `insert into server (name) values ('bench')`,
  `insert into instance (id, tenant_id, platform, name, server_name, created_by)
   select 'b' || n, 'agent:a' || n, 'telegram', 'B', 'bench', 'x' from generate_series(1, ${agents}) n`,
  `insert into customer (id, tenant_id, platform, platform_user_id)
   select 'a' || a || 'c' || n, 'agent:a' || a, 'telegram', a || '-' || n
   from generate_series(1, ${agents}) a, generate_series(1, ${customersOfAgent}) n`,
  `insert into product (id, name, currency, base_price, created_by)
   select 'p' || n, 'P', 'USDT', 1000000, 'x' from generate_series(1, ${products}) n
   union all select '${hotProduct}', 'P', 'USDT', 1000000, 'x'`,
  `insert into stock_unit (product_id, key_id, sealed, fingerprint)
   select p.id, 'k', repeat('x', 120), sha256((p.id || ' ' || n)::bytea)
   from product p, generate_series(1, case p.id when '${hotProduct}' then ${unitsOfHotProduct} else ${unitsOfProduct} end) n`,
  `select adjust_balance(id, 'USDT', ${balance}, 'start', 'to buy', 'bench') from customer`,
  'create table bench_row (id bigint generated always as identity primary key, value integer not null)',
]

/** From 1 on. */
function anyOf(count: number): number {
  return 1 + Math.floor(Math.random() * count)
}
