import type { Queryable } from '../../db/transaction.ts'
import type { FencedInstance } from '../fence.ts'

const urgentMax = 100
const bulkMax = 20

export interface DueChats {
  /** Chats where somebody waits for what is to be told. */
  readonly urgent: string[]
  /** There are more such chats, to be asked for when these were told. */
  readonly more: boolean
  /** The first few chats that one of many goes to. */
  readonly bulk: string[]
  /** Milliseconds until something else is due; null when nothing is known of. */
  readonly nextInMs: number | null
  /** The highest message id that the bot is known to have reached. */
  readonly mark: string | null
}

/** The chats of a bot that have something to be told now; those that are in its worker's hands among them. */
export async function dueChats(tx: Queryable, instance: FencedInstance): Promise<DueChats> {
  const { rows } = await tx.query<{ chat: string | null; bulk: boolean; in_ms: number | null; mark: string | null }>(
    `select due.*, (select mark::text from channel_mark where instance_id = $1) as mark from outbox_due($1, $2, $3) as due`,
    [instance.instanceId, urgentMax, bulkMax],
  )
  const of = (bulk: boolean) => rows.flatMap((row) => (row.chat !== null && row.bulk === bulk ? [row.chat] : []))
  const clock = rows.find(({ chat }) => chat === null)
  const urgent = of(false)
  return {
    urgent,
    more: urgent.length === urgentMax,
    bulk: of(true),
    nextInMs: clock?.in_ms ?? null,
    mark: clock?.mark ?? null,
  }
}
