import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { TopUpLimits, TopUpOutcome } from '../../domain/top-up.ts'
import { appendAudit } from '../append-audit.ts'
import { customerNotFound } from '../customers/customer-view.ts'
import { requestTopUp } from './request-top-up.ts'

/** Asks for a top-up in a customer's place, as support does. Throws `not_found` for an unknown customer. */
export async function requestTopUpFor(
  tx: Tx,
  actor: Actor,
  input: { customer: string; amount: bigint; key: string; limits: TopUpLimits },
): Promise<TopUpOutcome> {
  assertMay(actor, 'order.place')
  const { customer: customerId, ...request } = input
  const { rows } = await tx.query<{ tenant: string }>('select tenant_id as tenant from customer where id = $1', [
    customerId,
  ])
  const tenant = rows[0]?.tenant
  if (tenant === undefined) throw customerNotFound(customerId)
  const outcome = await requestTopUp(tx, { tenant, customerId }, request)
  if (outcome.kind === 'done' && !outcome.repeated) {
    const { id, amount, currency } = outcome.topUp
    await appendAudit(tx, actor, {
      action: 'top_up.request',
      targetKind: 'top_up',
      targetId: String(id),
      tenantId: tenant,
      details: { customer: customerId, amount, currency },
    })
  }
  return outcome
}
