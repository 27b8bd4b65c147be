import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { UserView } from '../domain/user.ts'
import { appendAudit } from './append-audit.ts'
import { readUserView } from './list-users.ts'
import { assertNotLastOwner, lockUser } from './lock-user.ts'
import { revokeSessions } from './revoke-sessions.ts'

/**
 * Shuts a person out: no login, every session and API token ended, unused link codes void; history keeps their name.
 * Needs `user.manage`. Throws `not_found`, or `conflict` (already disabled, or the last enabled owner).
 */
export async function disableUser(tx: Tx, actor: Actor, input: { readonly username: string }): Promise<UserView> {
  assertMay(actor, 'user.manage')
  const user = await lockUser(tx, input.username)
  if (user.disabled) throw new Failure('conflict', `${user.username} is disabled already`)
  await assertNotLastOwner(tx, user)
  await tx.query('update app_user set disabled_at = clock_timestamp(), updated_at = clock_timestamp() where id = $1', [
    user.id,
  ])
  const sessionsRevoked = await revokeSessions(tx, user.id)
  const tokens = await tx.query(
    'update api_token set revoked_at = clock_timestamp() where user_id = $1 and revoked_at is null',
    [user.id],
  )
  await appendAudit(tx, actor, {
    action: 'user.disable',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, sessions_revoked: sessionsRevoked, tokens_revoked: tokens.rowCount },
  })
  const view = await readUserView(tx, user.id)
  if (view === undefined) throw new Error('a locked user vanished')
  return view
}
