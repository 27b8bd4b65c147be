/** Whose things a request is about, where it may leave that out. */
import { type Actor, assertMay, type Permission } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { tenantScope } from '../../services/withdrawals/tenant-scope.ts'

/** The tenant of an agent who asks for its own things; throws `not_allowed` for anybody else. */
export function ownTenantOf(actor: Actor): string {
  assertMay(actor, 'agent.self', actor.tenant ?? undefined)
  if (actor.tenant === null) throw new Error('an agent passed without a tenant')
  return actor.tenant
}

/**
 * The tenant that was named, or the agent's own. Throws `not_allowed` before anybody looks whether it exists, and `usage`
 * for staff who named none.
 */
export function tenantOf(actor: Actor, permission: Permission, named: string | undefined): string {
  const tenant = tenantScope(actor, permission, named)
  if (tenant === null) throw new Failure('usage', 'say whose it is: tenant is needed')
  return tenant
}
