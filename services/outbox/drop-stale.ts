import type { Queryable } from '../../db/transaction.ts'

const batchMax = 5000
/** A notice about the fleet is worth nothing after a week; what a customer is owed waits for a season. */
const [noticeDays, customerDays] = [7, 90]

/**
 * Gives up a batch of what nobody could deliver for so long that nobody wants it any more.
 * @returns how many; call again while it is not zero.
 */
export async function dropStale(tx: Queryable): Promise<number> {
  const { rowCount } = await tx.query(
    `update outbox_message set state = 'dropped', ended_at = clock_timestamp(), last_error = 'nobody could deliver it in time'
     where id = any(array(
       select id from outbox_message
       where state = 'queued' and created_at < (select subscription_clock())
         - case when chat_id is not null then $1::integer else $2::integer end * interval '1 day'
       limit ${batchMax} for update skip locked
     ))`,
    [noticeDays, customerDays],
  )
  return rowCount
}
