import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { openStockUnit } from './open-stock-unit.ts'

/** One unit in plain words: what the buyer gets. */
export interface Goods {
  readonly unitId: number
  readonly kind: 'line' | 'file'
  /** The name that a file came with; null for a line. */
  readonly fileName: string | null
  /** UTF-8 for a line. */
  readonly content: Buffer
}

/**
 * Opens the goods that an order got, without those that were refunded (another buyer may have them by now). Whose order
 * it is, the caller has checked. Throws as `openStockUnit` does.
 */
export async function readGoods(tx: Queryable, keyring: Keyring, input: { orderId: number }): Promise<Goods[]> {
  const { rows } = await tx.query<{
    id: number
    product_id: string
    kind: 'line' | 'file'
    file_name: string | null
    sealed: string
  }>(
    `select id, product_id, kind, file_name, sealed from stock_unit
     where order_id = $1 and state = 'sold' order by id`,
    [input.orderId],
  )
  return rows.map((row) => ({
    unitId: row.id,
    kind: row.kind,
    fileName: row.file_name,
    content: openStockUnit(keyring, row),
  }))
}
