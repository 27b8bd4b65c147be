import type { Queryable } from '../../db/transaction.ts'

export interface OutboxCounts {
  readonly waiting: number
  /** Of those that wait, due for longer than a minute: nobody delivers them. */
  readonly overdue: number
  readonly dead: number
}

/** What waits to be told, what nobody could deliver, and what was given up. */
export async function countMessages(tx: Queryable): Promise<OutboxCounts> {
  const { rows } = await tx.query<OutboxCounts>(
    `select (count(*) filter (where state in ('queued', 'claimed')))::integer as waiting,
       (count(*) filter (where state = 'queued' and not bulk and not_before < now() - interval '1 minute'))::integer as overdue,
       (count(*) filter (where state = 'dead'))::integer as dead
     from outbox_message where state in ('queued', 'claimed', 'dead')`,
  )
  return rows[0] ?? { waiting: 0, overdue: 0, dead: 0 }
}
