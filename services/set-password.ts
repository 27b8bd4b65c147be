import type { Tx } from '../db/transaction.ts'
import { type Actor, assertCovers, assertMay } from '../domain/actor.ts'
import { assertPasswordAllowed } from '../domain/password.ts'
import { assertNotOneself } from './access/person.ts'
import { appendAudit } from './append-audit.ts'
import { lockUser } from './lock-user.ts'
import { argon2Hasher } from './password-hasher.ts'
import { revokeSessions } from './revoke-sessions.ts'

/**
 * Gives a person a new password and ends all their sessions and unused link codes. Needs `user.manage`; one's own is
 * changed by the present one (`changeOwnPassword`). Throws `not_found`, or `usage` for a refused password.
 */
export async function setPassword(
  tx: Tx,
  actor: Actor,
  input: { readonly username: string; readonly password: string },
): Promise<{ sessionsRevoked: number }> {
  assertMay(actor, 'user.manage')
  assertPasswordAllowed(input.username, input.password)
  const passwordHash = await argon2Hasher.hash(input.password)
  const user = await lockUser(tx, input.username)
  assertNotOneself(actor, user)
  assertCovers(actor, user.role)
  await tx.query('update app_user set password_hash = $2, updated_at = clock_timestamp() where id = $1', [
    user.id,
    passwordHash,
  ])
  const sessionsRevoked = await revokeSessions(tx, user.id)
  await appendAudit(tx, actor, {
    action: 'user.set_password',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, sessions_revoked: sessionsRevoked },
  })
  return { sessionsRevoked }
}
