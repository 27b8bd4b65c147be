import type { Tx } from '../db/transaction.ts'

/** Ends every open session of a person and voids the link codes that were made for them; returns how many sessions. */
export async function revokeSessions(tx: Tx, userId: string): Promise<number> {
  await tx.query('delete from link_code where user_id = $1 and used_at is null', [userId])
  const revoked = await tx.query(
    'update user_session set revoked_at = clock_timestamp() where user_id = $1 and revoked_at is null',
    [userId],
  )
  return revoked.rowCount
}
