import type { Queryable } from '../../db/transaction.ts'
import type { Settled } from '../../domain/outbox-calls.ts'
import type { Fence } from '../fence.ts'

const reasonMax = 500

/**
 * Notes what became of a message: sent; refused, and so a dead letter; or to be tried again, after what the channel asked
 * for and longer each time. Only the worker that has it in hand may say so.
 * @returns false when it is no longer in this worker's hands: nothing was written.
 */
export async function settleMessage(tx: Queryable, claim: Fence, settled: Settled): Promise<boolean> {
  const reason = 'reason' in settled ? settled.reason.slice(0, reasonMax) : null
  const { rows } = await tx.query<{ settled: boolean }>(
    `select outbox_settle($1, $2, $3, $4, $5, $6::double precision * interval '1 millisecond', $7) as settled`,
    [
      claim.instanceId,
      claim.epoch,
      settled.id,
      settled.outcome,
      reason,
      settled.outcome === 'later' ? settled.retryAfterMs : null,
      settled.outcome === 'sent' ? settled.messageId : null,
    ],
  )
  return rows[0]?.settled === true
}
