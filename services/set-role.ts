import type { Tx } from '../db/transaction.ts'
import { type Actor, assertCovers, assertMay, type Role } from '../domain/actor.ts'
import { assertRoleFitsTenant, type UserView } from '../domain/user.ts'
import { appendAudit } from './append-audit.ts'
import { assertTenantExists } from './create-user.ts'
import { readUserView } from './list-users.ts'
import { assertNotLastOwner, lockUser } from './lock-user.ts'

/**
 * Gives a person another role; their open sessions have it with their next request. Needs `user.manage`.
 * Throws `usage` (role and tenant do not fit), `not_found` (user, tenant), `conflict` (the last enabled owner).
 */
export async function setRole(
  tx: Tx,
  actor: Actor,
  input: { readonly username: string; readonly role: Role; readonly tenant: string | null },
): Promise<UserView> {
  assertMay(actor, 'user.manage')
  assertCovers(actor, input.role)
  assertRoleFitsTenant(input.role, input.tenant)
  const user = await lockUser(tx, input.username)
  if (input.role !== 'owner') await assertNotLastOwner(tx, user)
  await assertTenantExists(tx, input.tenant)
  await tx.query('update app_user set role = $2, tenant_id = $3, updated_at = clock_timestamp() where id = $1', [
    user.id,
    input.role,
    input.tenant,
  ])
  await appendAudit(tx, actor, {
    action: 'user.set_role',
    targetKind: 'user',
    targetId: user.id,
    tenantId: input.tenant,
    details: { username: user.username, from: user.role, to: input.role, fromTenant: user.tenant },
  })
  const view = await readUserView(tx, user.id)
  if (view === undefined) throw new Error('a locked user vanished')
  return view
}
