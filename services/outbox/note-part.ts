import type { Queryable } from '../../db/transaction.ts'
import type { Fence } from '../fence.ts'
import { leaseSeconds } from './take-next.ts'

/**
 * Notes that a part of a message went out, and where the channel stands before the next one; the message stays in its
 * worker's hands for another while.
 * @returns false when it is no longer in this worker's hands: nothing was written.
 */
export async function notePart(
  tx: Queryable,
  claim: Fence,
  part: { readonly id: number; readonly partsSent: number; readonly answerMark: string | null },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update outbox_message set parts_sent = $4, answer_marks = array_remove(array[$5::text], null),
       claimed_until = clock_timestamp() + $6 * interval '1 second'
     where id = $3 and state = 'claimed' and instance_id = $1 and epoch = $2`,
    [claim.instanceId, claim.epoch, part.id, part.partsSent, part.answerMark, leaseSeconds],
  )
  return rowCount === 1
}
