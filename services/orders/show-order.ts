import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { formatAmount } from '../../domain/money.ts'
import type { ListedOrder, OrderDetails, OrderProfit, OrderRefund, OrderUnit, OrderView } from '../../domain/shop.ts'
import { customerNameColumn, type OrderRow, orderColumns, viewOrder } from './order-view.ts'

/** One order with all that belongs to it. Needs `order.read`; an agent sees its own, others are `not_found` to it. */
export async function showOrder(tx: Queryable, actor: Actor, input: { order: number }): Promise<OrderDetails> {
  const { rows } = await tx.query<OrderRow & Pick<ListedOrder, 'customer_name'>>(
    `select ${orderColumns}, ${customerNameColumn} from customer_order o where o.id = $1`,
    [input.order],
  )
  const row = rows[0]
  if (row === undefined || (actor.role === 'agent' && row.tenant_id !== actor.tenant)) {
    throw new Failure('not_found', `no order ${input.order}: ./botfleet order list shows them`)
  }
  assertMay(actor, 'order.read', row.tenant_id)
  const order = viewOrder(row)
  return {
    ...order,
    customer_name: row.customer_name,
    units: await unitsOf(tx, order),
    refunds: await refundsOf(tx, order),
    profit: await profitOf(tx, order),
  }
}

async function unitsOf(tx: Queryable, { id }: OrderView): Promise<OrderUnit[]> {
  const { rows } = await tx.query<Omit<OrderUnit, 'refunded_at'> & { refunded_at: Date | null }>(
    `select u.id as unit, u.kind, u.file_name, o.refunded_at
     from order_unit o join stock_unit u on u.id = o.unit_id where o.order_id = $1 order by u.id`,
    [id],
  )
  return rows.map((row) => ({ ...row, refunded_at: row.refunded_at?.toISOString() ?? null }))
}

async function refundsOf(tx: Queryable, { id, currency }: OrderView): Promise<OrderRefund[]> {
  const { rows } = await tx.query<Omit<OrderRefund, 'at'> & { at: Date }>(
    `select id, units, amount::text, restocked, reason, actor, at from order_refund where order_id = $1 order by id`,
    [id],
  )
  return rows.map((row) => ({
    ...row,
    amount: formatAmount(BigInt(row.amount), currency),
    at: row.at.toISOString(),
  }))
}

async function profitOf(tx: Queryable, { id, currency }: OrderView): Promise<OrderProfit | null> {
  const { rows } = await tx.query<Omit<OrderProfit, 'mature_at'> & { mature_at: Date }>(
    'select amount::text, reverted::text, state, mature_at from agent_profit where order_id = $1',
    [id],
  )
  const row = rows[0]
  if (row === undefined) return null
  return {
    amount: formatAmount(BigInt(row.amount), currency),
    reverted: formatAmount(BigInt(row.reverted), currency),
    state: row.state,
    mature_at: row.mature_at.toISOString(),
  }
}
