import type { Tx } from '../db/transaction.ts'
import { changesKept } from './changes/read-changes.ts'

const batchSize = 5000
/** While nobody knows whether the clock is right, nothing is thrown away by it either. */
const clock = '(select subscription_clock())'
/** Ended sessions, spent codes and login attempts: long enough to look into an incident. */
const peopleDays = 30
/** Kept replies of the API: longer than anybody repeats a request. */
const replyHours = 24

/**
 * Deletes a batch of what is past its retention: events, samples, handled update ids, what was sent, messages that are over,
 * ended sessions and API tokens, old login attempts, old changes. Money and audit are never touched.
 * @returns how many rows went; call again while it is not zero.
 */
export async function sweepRetention(
  tx: Tx,
  input: { eventDays: number; sampleHours: number; handledUpdateHours: number },
): Promise<number> {
  const sweeps: [table: string, condition: string, value: number][] = [
    ['instance_event', `at < ${clock} - $1 * interval '1 day'`, input.eventDays],
    ['instance_sample', `at < ${clock} - $1 * interval '1 hour'`, input.sampleHours],
    ['handled_update', `at < ${clock} - $1 * interval '1 hour'`, input.handledUpdateHours],
    ['pairing', `until < ${clock} - $1 * interval '1 day'`, input.eventDays],
    ['whatsapp_message', `at < ${clock} - $1 * interval '1 hour'`, input.handledUpdateHours],
    ['outbox_message', `state in ('sent', 'dropped') and ended_at < ${clock} - $1 * interval '1 day'`, input.eventDays],
    ['login_attempt', `at < ${clock} - $1 * interval '1 day'`, peopleDays],
    ['user_session', `expires_at < ${clock} - $1 * interval '1 day'`, peopleDays],
    // Ended ones only: a token without an end is nobody's to forget.
    ['api_token', `coalesce(revoked_at, expires_at) < ${clock} - $1 * interval '1 day'`, peopleDays],
    ['api_reply', `created_at < ${clock} - $1 * interval '1 hour'`, replyHours],
    // As many as anybody is told who comes back, and more.
    ['change_event', 'id <= (select max(id) from change_event) - $1::bigint', changesKept],
    ['link_code', `expires_at < ${clock} - $1 * interval '1 day'`, peopleDays],
  ]
  let deleted = 0
  for (const [table, condition, value] of sweeps) {
    const swept = await tx.query(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where ${condition} limit ${batchSize}))`,
      [value],
    )
    deleted += swept.rowCount
  }
  return deleted
}
