import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay, type Permission } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { agentIdOf, masterTenant } from '../../domain/tenant.ts'

/** The refusal of an agent that does not exist, and the same for one that the actor may not see. */
export function tenantNotFound(tenant: string): Failure {
  return new Failure('not_found', `no agent ${agentIdOf(tenant)}: ./botfleet agent list shows them`, {
    details: { tenant },
  })
}

/** Throws `not_found` for an agent who aims at another tenant than its own, `not_allowed` without the permission. */
export function assertMayIn(actor: Actor, permission: Permission, tenant: string): void {
  if (actor.role === 'agent' && tenant !== actor.tenant) throw tenantNotFound(tenant)
  assertMay(actor, permission, tenant)
}

/** Throws `not_found` unless there is such an agent; the master is none. */
export async function assertAgentExists(tx: Queryable, tenant: string): Promise<void> {
  const { rowCount } = await tx.query('select 1 from tenant where id = $1 and id <> $2', [tenant, masterTenant])
  if (rowCount === 0) throw tenantNotFound(tenant)
}
