import type { Tx } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import {
  openTopUpsMax,
  type TopUpLimits,
  type TopUpOutcome,
  type TopUpRefusal,
  topUpTrouble,
} from '../../domain/top-up.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { enqueueToAdmins } from '../outbox/enqueue.ts'
import { readTopUp } from './read-top-ups.ts'

/**
 * Asks for a top-up, to be paid by the instructions in the answer and confirmed by an admin of the master. The same key,
 * or an open one of the same amount, says the same again and writes nothing.
 */
export async function requestTopUp(
  tx: Tx,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  input: { amount: bigint; key: string; limits: TopUpLimits },
): Promise<TopUpOutcome> {
  const { amount, key, limits } = input
  const trouble = topUpTrouble(amount, limits)
  if (trouble !== undefined) return trouble
  const asked = await moneyCall<{ refusal: TopUpRefusal | null; repeated: boolean; id: number }>(
    tx,
    `select refusal, repeated, (t).id from request_top_up($1, $2, $3, $4, $5, $6 * interval '1 hour', $7, $8)`,
    [
      buyer.tenant,
      buyer.customerId,
      key,
      limits.currency,
      amount.toString(),
      limits.hours,
      limits.instructions,
      openTopUpsMax,
    ],
  )
  if (asked.refusal !== null) {
    const detail = asked.refusal === 'too_many_open' ? String(openTopUpsMax) : null
    return { kind: 'refused', refusal: asked.refusal, detail }
  }
  const topUp = await readTopUp(tx, asked.id)
  if (!asked.repeated) {
    const { tenant, currency, customer, customer_name: name } = topUp
    await enqueueToAdmins(tx, {
      kind: 'top_up_requested',
      reference: String(topUp.id),
      payload: { top_up: topUp.id, amount: topUp.amount, currency, customer: name ?? customer, tenant },
    })
  }
  return { kind: 'done', topUp, repeated: asked.repeated }
}
