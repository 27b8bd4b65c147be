import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { Buyer } from '../../domain/shop.ts'
import { type Goods, readGoods } from '../stock/read-goods.ts'

/**
 * Opens the goods of a buyer's order, without those that were refunded; empty for an order that has none, and for one of
 * somebody else. Throws `unavailable` when the key that sealed them is missing.
 */
export async function goodsOfOrder(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  keyring: Keyring,
  input: { order: number },
): Promise<Goods[]> {
  const own = await tx.query('select 1 from customer_order where id = $1 and tenant_id = $2 and customer_id = $3', [
    input.order,
    buyer.tenant,
    buyer.customerId,
  ])
  return own.rowCount === 0 ? [] : readGoods(tx, keyring, { orderId: input.order })
}
