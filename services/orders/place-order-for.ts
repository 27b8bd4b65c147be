import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { OrderView } from '../../domain/shop.ts'
import { appendAudit } from '../append-audit.ts'
import { customerNotFound } from '../customers/customer-view.ts'
import { placeOrder } from './place-order.ts'

/**
 * Orders in a customer's place, as support does, from the customer's own balance. Needs `order.place`. Throws `not_found`
 * for an unknown customer, and what `placeOrder` throws.
 */
export async function placeOrderFor(
  tx: Tx,
  actor: Actor,
  input: { customer: string; product: string; quantity: number; key: string; maturityHours: number },
): Promise<OrderView> {
  const { customer: customerId, key, ...wanted } = input
  assertMay(actor, 'order.place')
  const { rows } = await tx.query<{ tenant: string; is_known: boolean }>(
    `select tenant_id as tenant,
       exists (select from customer_order o where o.tenant_id = c.tenant_id and o.key = $2) as is_known
     from customer c where c.id = $1`,
    [customerId, key],
  )
  const found = rows[0]
  if (found === undefined) throw customerNotFound(customerId)
  const { tenant } = found
  const buyer = { tenant, customerId, instanceId: null }
  const order = await placeOrder(tx, buyer, { ...wanted, key, shownUnitPrice: null, hold: false, actor: actor.name })
  if (!found.is_known) {
    const { id, product, quantity, total, currency, status } = order
    await appendAudit(tx, actor, {
      action: 'order.place',
      targetKind: 'order',
      targetId: String(id),
      tenantId: tenant,
      details: { customer: customerId, product, quantity, total, currency, status },
    })
  }
  return order
}
