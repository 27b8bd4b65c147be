import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { appendAudit } from '../append-audit.ts'
import { lockUser } from '../lock-user.ts'
import { revokeSessions } from '../revoke-sessions.ts'

/** Ends every session of a person, and voids their link codes. Needs `user.manage`. Throws `not_found`. */
export async function endSessions(
  tx: Tx,
  actor: Actor,
  input: { readonly username: string },
): Promise<{ sessionsRevoked: number }> {
  assertMay(actor, 'user.manage')
  const user = await lockUser(tx, input.username)
  const sessionsRevoked = await revokeSessions(tx, user.id)
  await appendAudit(tx, actor, {
    action: 'user.end_sessions',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, sessions_revoked: sessionsRevoked },
  })
  return { sessionsRevoked }
}
