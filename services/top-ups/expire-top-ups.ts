import type { Tx } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { enqueue } from '../outbox/enqueue.ts'

const batchSize = 100

/**
 * Ends a batch of top-ups whose time to pay is over, and tells the customers. Several servers may do it at once.
 * @returns how many; call again while it is not zero.
 */
export async function expireTopUps(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ id: number; tenant: string; customer: string; currency: Currency; amount: string }>(
    `update top_up set state = 'expired', ended_at = clock_timestamp()
     where id in (
       select id from top_up where state = 'requested' and pay_until <= clock_timestamp()
       order by pay_until limit $1 for update skip locked
     )
     returning id, tenant_id as tenant, customer_id as customer, currency, amount::text`,
    [batchSize],
  )
  for (const { id, tenant, customer: customerId, currency, amount } of rows) {
    await enqueue(tx, {
      tenant,
      customerId,
      kind: 'top_up_expired',
      reference: String(id),
      payload: { amount: formatAmount(BigInt(amount), currency), currency },
    })
  }
  return rows.length
}
