import type { Tx } from '../../db/transaction.ts'
import type { Buyer, OrderView } from '../../domain/shop.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { enqueue } from '../outbox/enqueue.ts'
import { ordersOfBuyer } from './orders-of-buyer.ts'

/** Provisional. */
export async function placeOrder(
  tx: Tx,
  buyer: Buyer,
  input: {
    product: string
    quantity: number
    key: string
    shownUnitPrice: bigint | null
    hold: boolean
    maturityHours: number
    actor: string
  },
): Promise<OrderView> {
  const { id, status } = await moneyCall<{ id: number; status: string }>(
    tx,
    `select id, status from place_order($1, $2, $3, $4, $5, $6, $7, null, $8 * interval '1 hour', $9)`,
    [
      buyer.tenant,
      buyer.customerId,
      buyer.instanceId,
      input.product,
      input.quantity,
      input.key,
      input.shownUnitPrice?.toString() ?? null,
      input.maturityHours,
      input.actor,
    ],
  )
  if (status === 'paid') {
    await enqueue(tx, {
      tenant: buyer.tenant,
      customerId: buyer.customerId,
      instanceId: buyer.instanceId,
      kind: 'goods',
      payload: { order: id },
      reference: String(id),
    })
  }
  const [view] = await ordersOfBuyer(tx, buyer, { id })
  if (view === undefined) throw new Error('the order vanished')
  return view
}
