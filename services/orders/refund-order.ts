import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { formatAmount } from '../../domain/money.ts'
import type { OrderView, RefundedOrder } from '../../domain/shop.ts'
import { appendAudit } from '../append-audit.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { enqueue } from '../outbox/enqueue.ts'
import { type OrderRow, orderColumns, viewOrder } from './order-view.ts'

export interface RefundOrder {
  readonly order: number
  /** The units to take back; all that are left when left out. */
  readonly units?: readonly number[] | undefined
  /** One key is one refund: asked again it says the same. */
  readonly key: string
  /** The goods are unused and go back on the shelf; else they are spoilt. */
  readonly restock: boolean
  readonly reason: string
}

interface RefundRow {
  repeated: boolean
  units: number
  amount: string
  restocked: boolean
}

const reasonMax = 500
const keyLengthMax = 200

/**
 * Gives an order's money back, for all of its units or for some, and tells the customer. What an agent earned by them
 * comes from its pending profit, else from what it has available, else it owes it. Needs `order.refund`. Throws `usage`
 * without a reason, `not_found` for an unknown order, and `conflict` when there is nothing of that to refund.
 */
export async function refundOrder(tx: Tx, actor: Actor, input: RefundOrder): Promise<RefundedOrder> {
  assertMay(actor, 'order.refund')
  const reason = input.reason.trim().slice(0, reasonMax)
  if (reason === '') throw new Failure('usage', 'a refund needs a reason')
  if (input.key === '' || input.key.length > keyLengthMax) {
    throw new Failure('usage', `a key has 1 to ${keyLengthMax} characters`)
  }
  const row = await moneyCall<RefundRow>(
    tx,
    `select repeated, (r).units, (r).amount::text, (r).restocked from refund_order($1, $2, $3, $4, $5, $6)`,
    [input.order, input.units ?? null, input.key, input.restock, reason, actor.name],
  )
  const order = await readOrder(tx, input.order)
  const amount = formatAmount(BigInt(row.amount), order.currency)
  const { repeated, units, restocked } = row
  if (!repeated) {
    await appendAudit(tx, actor, {
      action: 'order.refund',
      targetKind: 'order',
      targetId: String(order.id),
      tenantId: order.tenant,
      details: { units, amount, currency: order.currency, restocked, reason },
    })
    await enqueue(tx, {
      tenant: order.tenant,
      customerId: order.customer,
      instanceId: order.instance,
      kind: 'order_refunded',
      reference: `${order.id}:${input.key}`,
      payload: { order: order.id, units, amount, currency: order.currency },
    })
  }
  return { order, units, amount, restocked, repeated }
}

async function readOrder(tx: Tx, id: number): Promise<OrderView> {
  const { rows } = await tx.query<OrderRow>(`select ${orderColumns} from customer_order o where o.id = $1`, [id])
  const row = rows[0]
  if (row === undefined) throw new Error('an order vanished')
  return viewOrder(row)
}
