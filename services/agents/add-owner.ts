import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type OwnerView, parsePlatformUserId } from '../../domain/agent.ts'
import type { Platform } from '../../domain/instance.ts'
import { auditAgent } from './audit-agent.ts'
import { ownersOf } from './owners-of.ts'
import { assertAgentExists } from './tenant-not-found.ts'

/** Makes a chat identity an owner of an agent's shop; who is one already stays one. Throws `usage`, `not_found`. */
export async function addOwner(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly platform: Platform; readonly platformUserId: string },
): Promise<OwnerView[]> {
  assertMay(actor, 'agent.manage', input.tenant)
  const { tenant, platform } = input
  const platformUserId = parsePlatformUserId(platform, input.platformUserId)
  await assertAgentExists(tx, tenant)
  const added = await tx.query(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, $2, $3) on conflict do nothing`,
    [tenant, platform, platformUserId],
  )
  if (added.rowCount > 0) await auditAgent(tx, actor, tenant, 'add_owner', { platform, platformUserId })
  return ownersOf(tx, tenant)
}
