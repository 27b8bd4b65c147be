import type { Tx } from '../db/transaction.ts'

const batchSize = 5000
/** While nobody knows whether the clock is right, nothing is thrown away by it either. */
const clock = '(select subscription_clock())'
/** Ended sessions, spent codes and login attempts: long enough to look into an incident. */
const peopleDays = 30

/**
 * Deletes a batch of what is past its retention: events, samples, handled update ids, what was sent, messages that are over,
 * ended sessions and old login attempts. Money and audit are never touched.
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
