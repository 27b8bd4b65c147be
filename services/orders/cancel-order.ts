import type { Queryable } from '../../db/transaction.ts'
import type { Buyer, OrderView } from '../../domain/shop.ts'
import { callOnOwnOrder } from './call-on-own-order.ts'

/**
 * Cancels a buyer's order whose goods are kept: they go back on the shelf. An order that was paid or ended otherwise is
 * shown as it is. Throws `not_found` for an order of somebody else.
 */
export async function cancelOrder(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  input: { order: number },
): Promise<OrderView> {
  return callOnOwnOrder(tx, buyer, { order: input.order, call: 'cancel_order(own.id)', values: [] })
}
