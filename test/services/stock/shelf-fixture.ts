/** A shop with products, customers and orders, for the tests of its stock. */
import { randomBytes } from 'node:crypto'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { type Keyring, makeKeyring } from '../../../domain/keyring.ts'
import type { Buyer } from '../../../domain/shop.ts'
import type { AddedStock } from '../../../domain/stock-unit.ts'
import { createProduct } from '../../../services/catalogue/create-product.ts'
import { createInstance } from '../../../services/create-instance.ts'
import { addStock } from '../../../services/stock/add-stock.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'

type Service<Input, Result> = (tx: Tx, actor: Actor, input: Input) => Promise<Result>

export class Shelf {
  readonly keyring: Keyring = makeKeyring([randomBytes(32)])
  readonly test: TestDatabase
  #numbers = 0

  private constructor(test: TestDatabase) {
    this.test = test
  }

  static async open(): Promise<Shelf> {
    return new Shelf(await createTestDatabase())
  }

  run<Input, Result>(service: Service<Input, Result>, input: NoInfer<Input>, actor = ownerActor): Promise<Result> {
    return this.test.database.transaction((tx) => service(tx, actor, input))
  }

  async rows<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.test.database.query<Row>(text, values)).rows
  }

  /** A product of its own for a test. @returns its id. */
  async product(more: Partial<Parameters<typeof createProduct>[2]> = {}): Promise<string> {
    const id = `p${(this.#numbers += 1)}`
    await this.run(createProduct, { id, name: `Product ${id}`, currency: 'USDT', basePrice: 1_000_000n, ...more })
    return id
  }

  add(product: string, text: string | Buffer, keyring = this.keyring): Promise<AddedStock> {
    return this.run(addStock, { product, keyring, source: 'goods.txt', goods: { lines: Buffer.from(text) } })
  }

  /** A person who has talked to a bot of the tenant, with so much USDT (in millionths). */
  async buyer(tenant = 'master', balance = 1_000_000_000): Promise<Buyer> {
    const number = (this.#numbers += 1)
    const { id: instanceId } = await this.run(createInstance, {
      platform: 'telegram',
      name: `Bot ${number}`,
      server: 'alpha',
      tenant,
      token: `${700_000 + number}:fake-token-for-tests`,
      keyring: this.keyring,
    })
    const customerId = `c${number}`
    await this.test.database.transaction(async (tx) => {
      await tx.query(
        `insert into customer (id, tenant_id, platform, platform_user_id, language) values ($1, $2, 'telegram', $1, 'fa')`,
        [customerId, tenant],
      )
      await tx.query(
        `with entry as (
           insert into journal_entry (kind, reference, tenant_id, actor) values ('adjustment', $1, $2, 'test') returning id
         )
         insert into transfer (entry_id, currency, from_account, to_account, amount)
         select id, 'USDT', account_of('master', 'adjustment', 'USDT'), account_of($2, 'customer', 'USDT', $1), $3
         from entry`,
        [customerId, tenant, balance],
      )
    })
    return { tenant, customerId, instanceId }
  }

  /** Orders, paid at once or held for so many seconds. @returns the order. */
  async order(
    buyer: Buyer,
    product: string,
    quantity: number,
    holdSeconds: number | null = null,
  ): Promise<{ id: number; status: string }> {
    const key = `order-${(this.#numbers += 1)}`
    const [order] = await this.rows<{ id: number; status: string }>(
      `select id, status from place_order($1, $2, $3, $4, $5, $6, null, make_interval(secs => $7), interval '0', 'test')`,
      [buyer.tenant, buyer.customerId, buyer.instanceId, product, quantity, key, holdSeconds],
    )
    if (order === undefined) throw new Error('no order')
    return order
  }

  /** Messages that are queued, by kind. */
  async told(kind: string): Promise<{ customer_id: string | null; chat_id: string | null; payload: unknown }[]> {
    return this.rows('select customer_id, chat_id, payload from outbox_message where kind = $1 order by id', [kind])
  }

  async states(product: string): Promise<Record<string, number>> {
    const rows = await this.rows<{ state: string; units: number }>(
      'select state, count(*)::int as units from stock_unit where product_id = $1 group by state',
      [product],
    )
    return Object.fromEntries(rows.map(({ state, units }) => [state, units]))
  }

  close(): Promise<void> {
    return this.test.drop()
  }
}
