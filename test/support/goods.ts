/** Goods that somebody buys: put on the shelf, paid from a balance, waiting to be handed over. */
import type { Keyring } from '../../domain/keyring.ts'
import { placeOrder } from '../../services/orders/place-order.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import type { TestDatabase } from './database.ts'
import { ownerActor } from './rig.ts'

export interface Bought {
  readonly tenant: string
  readonly customerId: string
  /** Where it is bought; null from the command line. */
  readonly instanceId: string | null
  readonly lines?: readonly string[]
  readonly files?: readonly { readonly name: string; readonly content: string }[]
}

const price = 1_000_000

/** Sells everything that is given as one order. @returns the order's id. */
export async function buy(db: TestDatabase, keyring: Keyring, bought: Bought): Promise<number> {
  const { tenant, customerId, instanceId, lines = [], files = [] } = bought
  const quantity = lines.length + files.length
  await db.database.query(
    `insert into product (id, name, currency, base_price, created_by) values ('vpn', 'VPN <month>', 'USDT', $1, 'test')
     on conflict do nothing`,
    [price],
  )
  await db.database.query(`select adjust_balance($1, 'USDT', $2, gen_random_uuid()::text, 'test', 'test')`, [
    customerId,
    price * quantity,
  ])
  const goods = [
    ...(lines.length === 0 ? [] : [{ lines: Buffer.from(lines.join('\n')) }]),
    ...files.map(({ name, content }) => ({ file: { name, bytes: Buffer.from(content) } })),
  ]
  for (const each of goods) {
    await db.database.transaction((tx) =>
      addStock(tx, ownerActor, { product: 'vpn', keyring, source: 'test', goods: each }),
    )
  }
  const order = await db.database.transaction((tx) =>
    placeOrder(
      tx,
      { tenant, customerId, instanceId },
      {
        product: 'vpn',
        quantity,
        key: `test:${quantity}:${Math.random()}`,
        shownUnitPrice: null,
        hold: false,
        maturityHours: 0,
        actor: 'test',
      },
    ),
  )
  return order.id
}
