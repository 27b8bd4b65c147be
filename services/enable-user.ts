import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { UserView } from '../domain/user.ts'
import { appendAudit } from './append-audit.ts'
import { readUserView } from './list-users.ts'
import { lockUser } from './lock-user.ts'

/**
 * Lets a person in again who was shut out: with their password and second factor, but no session or API token of before.
 * Needs `user.manage`. Throws `not_found`, or `conflict` when they are not disabled.
 */
export async function enableUser(tx: Tx, actor: Actor, input: { readonly username: string }): Promise<UserView> {
  assertMay(actor, 'user.manage')
  const user = await lockUser(tx, input.username)
  if (!user.disabled) throw new Failure('conflict', `${user.username} is not disabled`)
  await tx.query('update app_user set disabled_at = null, updated_at = clock_timestamp() where id = $1', [user.id])
  await appendAudit(tx, actor, {
    action: 'user.enable',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username },
  })
  const view = await readUserView(tx, user.id)
  if (view === undefined) throw new Error('a locked user vanished')
  return view
}
