import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { appendAudit } from './append-audit.ts'
import { hashSecretToken } from './secret-token.ts'

/** Ends the session of a token that belongs to the actor; returns whether it was open. */
export async function logOut(tx: Tx, actor: Actor, input: { readonly token: string }): Promise<{ revoked: boolean }> {
  const { rowCount } = await tx.query(
    `update user_session set revoked_at = clock_timestamp() where id_hash = $1 and user_id = $2 and revoked_at is null`,
    [hashSecretToken(input.token), actor.userId],
  )
  if (rowCount === 0) return { revoked: false }
  await appendAudit(tx, actor, {
    action: 'user.log_out',
    targetKind: 'user',
    targetId: actor.userId,
    tenantId: actor.tenant,
    details: {},
  })
  return { revoked: true }
}
