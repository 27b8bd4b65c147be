/** Goods that were sold, as far as their delivery goes: the order, its units and the message that hands them over. */
import type { Keyring } from '../../domain/keyring.ts'
import { seal } from '../../domain/keyring.ts'
import { enqueue } from '../../services/outbox/enqueue.ts'
import { stockAad } from '../../services/stock/open-stock-unit.ts'
import type { TestDatabase } from './database.ts'

export interface Sold {
  readonly tenant: string
  readonly customerId: string
  readonly instanceId: string | null
  readonly lines?: readonly string[]
  readonly files?: readonly { readonly name: string; readonly content: string }[]
}

/** Writes a paid order and queues its goods in one transaction. @returns the order's id. */
export function sell(db: TestDatabase, keyring: Keyring, sold: Sold): Promise<number> {
  const { tenant, customerId, instanceId, lines = [], files = [] } = sold
  const units = [
    ...lines.map((content) => ({ name: null, content })),
    ...files.map(({ name, content }) => ({ name, content })),
  ]
  return db.database.transaction(async (tx) => {
    await tx.query(
      `insert into product (id, name, currency, base_price, created_by) values ('vpn', 'VPN <month>', 'USDT', 1000000, 'test')
       on conflict do nothing`,
    )
    const { rows } = await tx.query<{ id: number }>(
      `insert into customer_order (tenant_id, customer_id, instance_id, product_id, key, quantity, currency, base_price,
         markup_kind, markup_value, markup, unit_price, total, status, paid_at)
       values ($1, $2, $3, 'vpn', gen_random_uuid()::text, $4::integer, 'USDT', 1000000, 'percent', 0, 0, 1000000,
         1000000 * $4::bigint, 'paid', now()) returning id`,
      [tenant, customerId, instanceId, units.length],
    )
    const order = rows[0]?.id ?? 0
    for (const { name, content } of units) {
      await tx.query(
        `insert into stock_unit (product_id, kind, file_name, key_id, sealed, fingerprint, state, order_id, sold_at)
         values ('vpn', $2, $3, $4, $5, sha256(gen_random_uuid()::text::bytea), 'sold', $1, now())`,
        [order, name === null ? 'line' : 'file', name, keyring.activeKeyId, seal(keyring, stockAad('vpn'), content)],
      )
    }
    await enqueue(tx, { tenant, customerId, instanceId, kind: 'goods', payload: { order }, reference: String(order) })
    return order
  })
}
