import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { formatAmount } from '../../domain/money.ts'
import { paymentReferenceOf, type TopUpOutcome, type TopUpRefusal, type TopUpState } from '../../domain/top-up.ts'
import { appendAudit } from '../append-audit.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { enqueue } from '../outbox/enqueue.ts'
import { balanceText } from './balance-text.ts'
import { readTopUp } from './read-top-ups.ts'

export interface ConfirmTopUp {
  readonly id: number
  /** What names the payment outside, for example its txid: one payment is credited once, ever. */
  readonly externalId: string
  /** Who says that it came: `manual` is the admin. */
  readonly provider?: string
  /** What came, in the smallest unit; left out: what was asked for. */
  readonly amount?: bigint | undefined
}

/**
 * Credits the payment that a top-up waited for, with the amount that came; also a late one, when the top-up had expired or
 * was cancelled. Confirmed again by the same payment it says the same.
 */
export async function confirmTopUp(tx: Tx, actor: Actor, input: ConfirmTopUp): Promise<TopUpOutcome> {
  assertMay(actor, 'top_up.confirm')
  const externalId = paymentReferenceOf(input.externalId)
  if (externalId === undefined) return { kind: 'refused', refusal: 'wrong_reference', detail: null }
  const { provider = 'manual', amount } = input
  const step = await moneyCall<{ refusal: TopUpRefusal | null; repeated: boolean; state: TopUpState | null }>(
    tx,
    'select refusal, repeated, (t).state from confirm_top_up($1, $2, $3, $4, $5)',
    [input.id, provider, externalId, amount?.toString() ?? null, actor.name],
  )
  if (step.refusal !== null) return { kind: 'refused', refusal: step.refusal, detail: step.state }
  const topUp = await readTopUp(tx, input.id)
  if (!step.repeated) {
    const { tenant, customer, currency } = topUp
    const credited = topUp.credited ?? formatAmount(0n, currency)
    await appendAudit(tx, actor, {
      action: 'top_up.confirm',
      targetKind: 'top_up',
      targetId: String(topUp.id),
      tenantId: tenant,
      details: { customer, asked: topUp.amount, credited, currency, provider, external_id: externalId },
    })
    await enqueue(tx, {
      tenant,
      customerId: customer,
      kind: 'top_up_confirmed',
      reference: String(topUp.id),
      payload: { amount: credited, currency, balance: await balanceText(tx, topUp) },
    })
  }
  return { kind: 'done', topUp, repeated: step.repeated }
}
