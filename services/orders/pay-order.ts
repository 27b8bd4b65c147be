import type { Queryable } from '../../db/transaction.ts'
import type { Buyer, OrderView } from '../../domain/shop.ts'
import { callOnOwnOrder } from './call-on-own-order.ts'

/**
 * Pays a buyer's order whose goods are kept. Paid before, it is shown as it is; past its time it is cancelled. While it
 * cannot be paid its goods stay, and the answer is `reserved` with a refusal: `not_enough_balance` says how much is
 * missing. Throws `not_found` for an order of somebody else.
 */
export async function payOrder(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  input: { order: number; maturityHours: number; actor: string },
): Promise<OrderView> {
  return callOnOwnOrder(tx, buyer, {
    order: input.order,
    call: `pay_order(own.id, $4 * interval '1 hour', $5)`,
    values: [input.maturityHours, input.actor],
  })
}
