import type { Tx } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import type { TopUpOutcome } from '../../domain/top-up.ts'
import { readTopUps } from './read-top-ups.ts'

/** Ends an open top-up without money; of one customer only, where `buyer` says so. */
export async function endTopUp(
  tx: Tx,
  input: { id: number; state: 'rejected' | 'cancelled'; by: string; reason?: string; buyer?: Buyer },
): Promise<TopUpOutcome> {
  const { id, state, buyer } = input
  const ended = await tx.query(
    `update top_up set state = $2, ended_at = clock_timestamp(), ended_by = $3, reason = $4
     where id = $1 and state = 'requested' and ($5::text is null or (customer_id = $5 and tenant_id = $6))`,
    [id, state, input.by, input.reason ?? null, buyer?.customerId ?? null, buyer?.tenant ?? null],
  )
  const [topUp] = await readTopUps(tx, { id, tenant: buyer?.tenant, customer: buyer?.customerId })
  if (topUp === undefined) return { kind: 'refused', refusal: 'not_found', detail: null }
  if (topUp.status !== state) return { kind: 'refused', refusal: 'wrong_state', detail: topUp.status }
  return { kind: 'done', topUp, repeated: ended.rowCount === 0 }
}
