/** Who a person in a chat is to us: an owner of the bot's shop, or one of the master's people. */
import type { Queryable } from '../../db/transaction.ts'
import { type Actor, type Role, shopOwnerActor } from '../../domain/actor.ts'
import { masterTenant } from '../../domain/tenant.ts'
import type { Person } from '../../domain/worker-contract.ts'
import { isOwner } from '../agents/is-owner.ts'
import type { FencedInstance } from '../fence.ts'

/** The person as an owner of the shop that the fence says; undefined for anybody else. */
export async function ownerOf(
  tx: Queryable,
  { instanceId, tenant, platform }: FencedInstance,
  { platformUserId }: Person,
): Promise<Actor | undefined> {
  if (tenant === masterTenant || !(await isOwner(tx, tenant, platform, platformUserId))) return undefined
  return shopOwnerActor({ tenant, platform, platformUserId, source: `bot:${instanceId}` })
}

/**
 * The person as the user of ours that this chat identity is linked to (`user link`), in a bot of the master's; undefined
 * for anybody else, for a disabled user and for an agent, who has a bot of its own.
 */
export async function adminOf(
  tx: Queryable,
  { instanceId, tenant, platform }: FencedInstance,
  { platformUserId }: Person,
): Promise<(Actor & { readonly username: string }) | undefined> {
  if (tenant !== masterTenant) return undefined
  const { rows } = await tx.query<{ id: string; username: string; role: Role }>(
    `select u.id, u.username, u.role from chat_identity c join app_user u on u.id = c.user_id
     where c.platform = $1 and c.platform_user_id = $2 and u.disabled_at is null and u.role <> 'agent'`,
    [platform, platformUserId],
  )
  const user = rows[0]
  if (user === undefined) return undefined
  const { id: userId, username, role } = user
  return { name: `user:${username}`, userId, role, tenant: null, source: `bot:${instanceId}`, username }
}
