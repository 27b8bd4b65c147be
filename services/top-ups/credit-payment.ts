import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { Currency } from '../../domain/money.ts'
import { paymentReferenceOf } from '../../domain/top-up.ts'
import { appendAudit } from '../append-audit.ts'
import { moneyCall } from '../ledger/money-call.ts'

export interface CreditPayment {
  readonly provider: string
  /** The provider's own id of the payment. */
  readonly externalId: string
  readonly customer: string
  readonly currency: Currency
  /** What came, in the smallest unit. */
  readonly amount: bigint
}

export type CreditOutcome =
  | { readonly kind: 'done'; readonly repeated: boolean }
  /** `payment_used`: credited before to somebody else, for a top-up, or as another amount. */
  | { readonly kind: 'refused'; readonly refusal: 'payment_used' | 'wrong_reference' }

/**
 * Credits a payment that no top-up waited for, as providers of payments report it. However often and by whomever it is
 * reported, it is credited once. Throws `not_found` for an unknown customer.
 */
export async function creditPayment(tx: Tx, actor: Actor, input: CreditPayment): Promise<CreditOutcome> {
  assertMay(actor, 'top_up.confirm')
  const externalId = paymentReferenceOf(input.externalId)
  if (externalId === undefined) return { kind: 'refused', refusal: 'wrong_reference' }
  const { provider, customer, currency } = input
  const credited = await moneyCall<{ refusal: 'payment_used' | null; repeated: boolean; id: number; tenant: string }>(
    tx,
    'select refusal, repeated, (p).id, (p).tenant_id as tenant from credit_payment(null, $1, $2, $3, $4, $5, $6)',
    [provider, externalId, customer, currency, input.amount.toString(), actor.name],
  )
  if (credited.refusal !== null) return { kind: 'refused', refusal: credited.refusal }
  if (!credited.repeated) {
    await appendAudit(tx, actor, {
      action: 'payment.credit',
      targetKind: 'payment',
      targetId: String(credited.id),
      tenantId: credited.tenant,
      details: { customer, amount: input.amount.toString(), currency, provider, external_id: externalId },
    })
  }
  return { kind: 'done', repeated: credited.repeated }
}
