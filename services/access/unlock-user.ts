import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { appendAudit } from '../append-audit.ts'
import { lockUser } from '../lock-user.ts'

/**
 * Forgets a person's failed logins and wrong codes, so that they need not wait for the next attempt. Failures of others
 * from the same address still count. Needs `user.manage`. Throws `not_found`.
 */
export async function unlockUser(
  tx: Tx,
  actor: Actor,
  input: { readonly username: string },
): Promise<{ failuresForgotten: number }> {
  assertMay(actor, 'user.manage')
  const user = await lockUser(tx, input.username)
  const { rowCount } = await tx.query('delete from login_attempt where username = $1 and not succeeded', [
    user.username,
  ])
  await tx.query('update user_totp set failures = 0, failed_at = null where user_id = $1', [user.id])
  await appendAudit(tx, actor, {
    action: 'user.unlock',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, failures_forgotten: rowCount },
  })
  return { failuresForgotten: rowCount }
}
