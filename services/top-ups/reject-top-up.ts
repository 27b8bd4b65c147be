import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { TopUpOutcome } from '../../domain/top-up.ts'
import { appendAudit } from '../append-audit.ts'
import { enqueue } from '../outbox/enqueue.ts'
import { endTopUp } from './end-top-up.ts'

const reasonMax = 500

/** Ends a top-up whose payment did not come, with a reason that the customer reads. */
export async function rejectTopUp(tx: Tx, actor: Actor, input: { id: number; reason: string }): Promise<TopUpOutcome> {
  assertMay(actor, 'top_up.confirm')
  const reason = input.reason.trim().slice(0, reasonMax)
  if (reason === '') return { kind: 'refused', refusal: 'no_reason', detail: null }
  const outcome = await endTopUp(tx, { id: input.id, state: 'rejected', by: actor.name, reason })
  if (outcome.kind === 'done' && !outcome.repeated) {
    const { topUp } = outcome
    await appendAudit(tx, actor, {
      action: 'top_up.reject',
      targetKind: 'top_up',
      targetId: String(topUp.id),
      tenantId: topUp.tenant,
      details: { customer: topUp.customer, amount: topUp.amount, currency: topUp.currency, reason },
    })
    await enqueue(tx, {
      tenant: topUp.tenant,
      customerId: topUp.customer,
      kind: 'top_up_rejected',
      reference: String(topUp.id),
      payload: { amount: topUp.amount, currency: topUp.currency, reason },
    })
  }
  return outcome
}
