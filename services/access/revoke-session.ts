import type { Tx } from '../../db/transaction.ts'
import { type Actor, may } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { appendAudit } from '../append-audit.ts'

/**
 * Ends one session by what it is called in a list: one's own, or with `user.manage` anybody's. Throws `not_found` for one
 * that is over, unknown or not one's own.
 */
export async function revokeSession(
  tx: Tx,
  actor: Actor,
  input: {
    readonly id: string
    /** Whose it must be; unset: whoever's it is. */
    readonly username?: string | undefined
  },
): Promise<void> {
  const anybodys = may(actor, 'user.manage')
  const { rows } = await tx.query<{ user_id: string; tenant_id: string | null }>(
    `update user_session s set revoked_at = clock_timestamp() from app_user u
     where s.id = $1 and s.revoked_at is null and s.expires_at > clock_timestamp() and u.id = s.user_id
       and ($2 or s.user_id = $3) and ($4::text is null or u.username = $4)
     returning s.user_id, u.tenant_id`,
    [input.id, anybodys, actor.token === undefined ? actor.userId : null, input.username ?? null],
  )
  const session = rows[0]
  if (session === undefined) throw new Failure('not_found', 'there is no such open session')
  await appendAudit(tx, actor, {
    action: 'user.end_session',
    targetKind: 'user',
    targetId: session.user_id,
    tenantId: session.tenant_id,
    details: { session: input.id },
  })
}
