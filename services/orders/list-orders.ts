import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { ListedOrder, OrderStatus } from '../../domain/shop.ts'
import { tenantScope } from '../withdrawals/tenant-scope.ts'
import { customerNameColumn, type OrderRow, orderColumns, viewOrder } from './order-view.ts'

/**
 * Orders, newest first, of one tenant or of all; an agent sees its own. Those that were refused are shown when asked for.
 * `before` pages on by id. Needs `order.read`.
 */
export async function listOrders(
  tx: Queryable,
  actor: Actor,
  input: {
    tenant?: string | undefined
    customer?: string | undefined
    product?: string | undefined
    status?: OrderStatus | undefined
    before?: number | undefined
    limit?: number
  },
): Promise<ListedOrder[]> {
  const tenant = tenantScope(actor, 'order.read', input.tenant)
  const conditions = [
    { column: 'o.tenant_id = ', value: tenant },
    { column: 'o.customer_id = ', value: input.customer },
    { column: 'o.product_id = ', value: input.product },
    { column: 'o.id < ', value: input.before },
    { column: 'o.status = ', value: input.status },
  ].flatMap(({ column, value }) => (value === undefined || value === null ? [] : [{ column, value }]))
  const shown = input.status === undefined ? `o.status <> 'refused'` : 'true'
  const { rows } = await tx.query<OrderRow & Pick<ListedOrder, 'customer_name'>>(
    `select ${orderColumns}, ${customerNameColumn} from customer_order o
     where ${[shown, ...conditions.map(({ column }, index) => `${column}$${index + 2}`)].join(' and ')}
     order by o.id desc limit $1`,
    [input.limit ?? 50, ...conditions.map(({ value }) => value)],
  )
  return rows.map((row) => ({ ...viewOrder(row), customer_name: row.customer_name }))
}
