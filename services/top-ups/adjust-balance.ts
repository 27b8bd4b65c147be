import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AdjustOutcome } from '../../domain/customer.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { appendAudit } from '../append-audit.ts'
import { customerNotFound } from '../customers/customer-view.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { enqueue } from '../outbox/enqueue.ts'

export interface AdjustBalance {
  readonly customer: string
  readonly currency: Currency
  /** Up or down, in the smallest unit; not 0. */
  readonly amount: bigint
  /** The customer reads it. */
  readonly reason: string
  readonly key: string
}

const reasonMax = 500

/**
 * Corrects a customer's balance, never below zero, with a reason; once for a key. Throws `not_found` for an unknown
 * customer, `conflict` for a key that was used for another amount.
 */
export async function adjustBalance(tx: Tx, actor: Actor, input: AdjustBalance): Promise<AdjustOutcome> {
  assertMay(actor, 'balance.adjust')
  const { customer, currency } = input
  const reason = input.reason.trim().slice(0, reasonMax)
  if (reason === '') return { kind: 'refused', refusal: 'no_reason', detail: null }
  if (input.amount === 0n) return { kind: 'refused', refusal: 'zero', detail: null }
  const answer = await moneyCall<{ refusal: 'below_zero' | null; repeated: boolean; balance: string }>(
    tx,
    'select refusal, repeated, balance::text from adjust_balance($1, $2, $3, $4, $5, $6)',
    [customer, currency, input.amount.toString(), input.key, reason, actor.name],
  )
  const { refusal, repeated } = answer
  const balance = formatAmount(BigInt(answer.balance), currency)
  if (refusal !== null) return { kind: 'refused', refusal, detail: balance }
  const amount = formatAmount(input.amount, currency)
  if (!repeated) {
    const tenant = await tenantOf(tx, customer)
    await appendAudit(tx, actor, {
      action: 'balance.adjust',
      targetKind: 'customer',
      targetId: customer,
      tenantId: tenant,
      details: { amount, currency, reason },
    })
    await enqueue(tx, {
      tenant,
      customerId: customer,
      kind: 'balance_adjusted',
      reference: `${customer}:${input.key}`,
      payload: { amount, currency, balance, reason },
    })
  }
  return { kind: 'done', adjusted: { customer, currency, amount, balance, reason, repeated } }
}

async function tenantOf(tx: Tx, customer: string): Promise<string> {
  const { rows } = await tx.query<{ tenant: string }>('select tenant_id as tenant from customer where id = $1', [
    customer,
  ])
  const tenant = rows[0]?.tenant
  if (tenant === undefined) throw customerNotFound(customer)
  return tenant
}
