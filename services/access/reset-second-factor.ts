import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertCovers, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { appendAudit } from '../append-audit.ts'
import { lockUser } from '../lock-user.ts'
import { revokeSessions } from '../revoke-sessions.ts'
import { assertNotOneself } from './person.ts'

/**
 * Takes a person's second factor away who lost it, and ends their sessions. Needs `user.manage`; one's own is
 * ended by a code (`endSecondFactor`).
 * Throws `not_found` for an unknown username and for who has none.
 */
export async function resetSecondFactor(
  tx: Tx,
  actor: Actor,
  input: { readonly username: string },
): Promise<{ sessionsRevoked: number }> {
  assertMay(actor, 'user.manage')
  const user = await lockUser(tx, input.username)
  assertNotOneself(actor, user)
  assertCovers(actor, user.role)
  const { rowCount } = await tx.query('delete from user_totp where user_id = $1', [user.id])
  if (rowCount === 0) throw new Failure('not_found', `${user.username} has no second factor`)
  const sessionsRevoked = await revokeSessions(tx, user.id)
  await appendAudit(tx, actor, {
    action: 'user.reset_second_factor',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, sessions_revoked: sessionsRevoked },
  })
  return { sessionsRevoked }
}
