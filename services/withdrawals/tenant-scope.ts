import { type Actor, assertMay, type Permission } from '../../domain/actor.ts'

/**
 * The tenant whose rows an actor reaches: an agent its own, whatever the caller asked for; staff the one asked for, or
 * all (null). Throws `not_allowed` without the permission.
 */
export function tenantScope(actor: Actor, permission: Permission, asked?: string | null): string | null {
  const tenant = asked ?? actor.tenant
  assertMay(actor, permission, tenant ?? undefined)
  return tenant
}
