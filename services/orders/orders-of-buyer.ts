import type { Queryable } from '../../db/transaction.ts'
import type { Buyer, OrderView } from '../../domain/shop.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { type OrderRow, orderColumnsIn, viewOrder } from './order-view.ts'

/**
 * A buyer's orders, newest first, without those that were refused; or the one of this id, refused or not. `before` pages
 * on by id; products are named in `language`, where they have such a name.
 */
export async function ordersOfBuyer(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  input: { id?: number; before?: number | undefined; limit?: number; language?: Language },
): Promise<OrderView[]> {
  const { rows } = await tx.query<OrderRow>(
    `select ${orderColumnsIn('$6::text')} from customer_order o
     where o.tenant_id = $1 and o.customer_id = $2 and ($3::bigint is null or o.id = $3)
       and ($4::bigint is null or o.id < $4) and ($3::bigint is not null or o.status <> 'refused')
     order by o.id desc limit $5`,
    [buyer.tenant, buyer.customerId, input.id ?? null, input.before ?? null, input.limit ?? 10, input.language ?? null],
  )
  return rows.map(viewOrder)
}
