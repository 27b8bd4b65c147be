import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { CustomerChat, CustomerDetails, CustomerOrder } from '../../domain/customer.ts'
import { formatAmount } from '../../domain/money.ts'
import { type CustomerRow, customerNotFound, customerViewOf, customerViewSql } from './customer-view.ts'

const ordersShown = 10

/** One customer with chats, balances and the latest orders. Throws `not_found`, also for one of another's shop. */
export async function showCustomer(
  database: Queryable,
  actor: Actor,
  input: { readonly id: string },
): Promise<CustomerDetails> {
  const { rows } = await database.query<CustomerRow>(`${customerViewSql} where c.id = $1`, [input.id])
  const row = rows[0]
  if (row === undefined || (actor.role === 'agent' && row.tenant_id !== actor.tenant)) throw customerNotFound(input.id)
  assertMay(actor, 'customer.read', row.tenant_id)
  return {
    ...customerViewOf(row),
    chats: await readChats(database, input.id),
    latest_orders: await readLatestOrders(database, input.id),
  }
}

async function readChats(database: Queryable, customerId: string): Promise<CustomerChat[]> {
  const { rows } = await database.query<{ instance_id: string; chat_id: string; blocked_at: Date | null }>(
    'select instance_id, chat_id, blocked_at from customer_chat where customer_id = $1 order by created_at, instance_id',
    [customerId],
  )
  return rows.map((row) => ({
    instance: row.instance_id,
    chat_id: row.chat_id,
    blocked_at: row.blocked_at?.toISOString() ?? null,
  }))
}

async function readLatestOrders(database: Queryable, customerId: string): Promise<CustomerOrder[]> {
  const { rows } = await database.query<Omit<CustomerOrder, 'created_at'> & { created_at: Date }>(
    `select o.id, o.product_id as product, p.name as product_name, o.quantity, o.currency, o.total::text as total,
       o.refunded::text as refunded, o.status, o.created_at
     from customer_order o join product p on p.id = o.product_id
     where o.customer_id = $1 and o.status <> 'refused' order by o.id desc limit $2`,
    [customerId, ordersShown],
  )
  return rows.map((row) => ({
    ...row,
    total: formatAmount(BigInt(row.total), row.currency),
    refunded: formatAmount(BigInt(row.refunded), row.currency),
    created_at: row.created_at.toISOString(),
  }))
}
