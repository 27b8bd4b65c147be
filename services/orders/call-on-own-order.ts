import type { Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import type { Buyer, OrderView } from '../../domain/shop.ts'
import { type OrderRow, orderColumns, viewOrder } from './order-view.ts'

/**
 * Calls a function of the database on an order of this buyer, and gives what became of it. The call sees the order as
 * `own`, and its values from $4 on. Throws `not_found` for an unknown order and one of somebody else alike.
 */
export async function callOnOwnOrder(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  { order, call, values }: { readonly order: number; readonly call: string; readonly values: readonly unknown[] },
): Promise<OrderView> {
  const { rows } = await tx.query<OrderRow>(
    `select ${orderColumns} from customer_order own cross join lateral ${call} o
     where own.id = $1 and own.tenant_id = $2 and own.customer_id = $3`,
    [order, buyer.tenant, buyer.customerId, ...values],
  )
  const row = rows[0]
  if (row === undefined) throw new Failure('not_found', `there is no order ${order} of this customer`)
  return viewOrder(row)
}
