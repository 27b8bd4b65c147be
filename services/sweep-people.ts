import type { Tx } from '../db/transaction.ts'

/** How long ended sessions, spent codes and login attempts are kept: long enough to look into an incident. */
const keepDays = 30

/** Deletes what nobody will ask for again; returns how many rows of each. Repeating it changes nothing. */
export async function sweepPeople(tx: Tx): Promise<{ attempts: number; sessions: number; linkCodes: number }> {
  const attempts = await tx.query(`delete from login_attempt where at < clock_timestamp() - $1 * interval '1 day'`, [
    keepDays,
  ])
  const sessions = await tx.query(
    `delete from user_session where least(expires_at, revoked_at) < clock_timestamp() - $1 * interval '1 day'`,
    [keepDays],
  )
  const linkCodes = await tx.query(
    `delete from link_code where expires_at < clock_timestamp() - $1 * interval '1 day'`,
    [keepDays],
  )
  return { attempts: attempts.rowCount, sessions: sessions.rowCount, linkCodes: linkCodes.rowCount }
}
