import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { appendAudit } from '../append-audit.ts'
import { hashSecretToken } from '../secret-token.ts'
import { assertInPerson } from './person.ts'

/** Ends the actor's sessions but the one whose secret is `keep`; returns how many. */
export async function revokeOtherSessions(
  tx: Tx,
  actor: Actor,
  input: { readonly keep: string },
): Promise<{ sessionsRevoked: number }> {
  assertInPerson(actor)
  const sessionsRevoked = await endOtherSessions(tx, actor.userId, input.keep)
  await appendAudit(tx, actor, {
    action: 'user.end_sessions',
    targetKind: 'user',
    targetId: actor.userId,
    tenantId: actor.tenant,
    details: { sessions_revoked: sessionsRevoked },
  })
  return { sessionsRevoked }
}

/** Ends a person's open sessions but one; returns how many. */
export async function endOtherSessions(tx: Tx, userId: string, keep: string): Promise<number> {
  const { rowCount } = await tx.query(
    `update user_session set revoked_at = clock_timestamp()
     where user_id = $1 and id_hash <> $2 and revoked_at is null`,
    [userId, hashSecretToken(keep)],
  )
  return rowCount
}
