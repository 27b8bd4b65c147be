import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { StockState, StockUnitView, UnitKind } from '../../domain/stock-unit.ts'
import { assertProduct } from '../catalogue/read-products.ts'

interface Row {
  id: number
  product_id: string
  kind: UnitKind
  file_name: string | null
  state: StockState
  batch_id: number | null
  source: string | null
  order_id: number | null
  added_at: Date
  reserved_until: Date | null
  sold_at: Date | null
}

/** The units of a product, newest first; `before` pages on by id. Needs `stock.read`; throws `not_found`. */
export async function listStock(
  tx: Queryable,
  actor: Actor,
  input: {
    readonly product: string
    readonly state?: StockState | undefined
    readonly batch?: number | undefined
    readonly before?: number | undefined
    readonly limit: number
  },
): Promise<StockUnitView[]> {
  assertMay(actor, 'stock.read')
  await assertProduct(tx, input.product)
  const { rows } = await tx.query<Row>(
    `select u.id, u.product_id, u.kind, u.file_name, u.state, u.batch_id, b.source, u.order_id, u.added_at,
       u.reserved_until, u.sold_at
     from stock_unit u left join stock_batch b on b.id = u.batch_id
     where u.product_id = $1 and ($2::text is null or u.state = $2) and ($3::bigint is null or u.batch_id = $3)
       and ($4::bigint is null or u.id < $4)
     order by u.id desc limit $5`,
    [input.product, input.state ?? null, input.batch ?? null, input.before ?? null, input.limit],
  )
  return rows.map((row) => ({
    id: row.id,
    product: row.product_id,
    kind: row.kind,
    file_name: row.file_name,
    state: row.state,
    import: row.batch_id,
    source: row.source,
    order: row.order_id,
    added_at: row.added_at.toISOString(),
    reserved_until: row.reserved_until?.toISOString() ?? null,
    sold_at: row.sold_at?.toISOString() ?? null,
  }))
}
