import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { OwnerView } from '../../domain/agent.ts'
import { Failure } from '../../domain/failure.ts'
import type { Platform } from '../../domain/instance.ts'
import { agentIdOf } from '../../domain/tenant.ts'
import { auditAgent } from './audit-agent.ts'
import { ownersOf } from './owners-of.ts'

/** Takes an owner from an agent's shop, from the next message on. Throws `not_found` when it is none. */
export async function removeOwner(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly platform: Platform; readonly platformUserId: string },
): Promise<OwnerView[]> {
  assertMay(actor, 'agent.manage', input.tenant)
  const { tenant, platform, platformUserId } = input
  const removed = await tx.query(
    'delete from tenant_owner where tenant_id = $1 and platform = $2 and platform_user_id = $3',
    [tenant, platform, platformUserId],
  )
  if (removed.rowCount === 0) {
    throw new Failure('not_found', `${platform} ${platformUserId} is no owner of ${agentIdOf(tenant)}`)
  }
  await auditAgent(tx, actor, tenant, 'remove_owner', { platform, platformUserId })
  return ownersOf(tx, tenant)
}
