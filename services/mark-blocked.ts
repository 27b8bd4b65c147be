import type { Tx } from '../db/transaction.ts'
import type { FencedInstance } from './fence.ts'

/** Notes that a person blocked a bot, or let it back in. Unknown people are ignored. */
export async function markBlocked(
  tx: Tx,
  instance: FencedInstance,
  input: { platformUserId: string; blocked: boolean },
): Promise<void> {
  await tx.query(
    `update customer_chat c set blocked_at = case when $4 then coalesce(c.blocked_at, now()) end
     from customer p
     where p.id = c.customer_id and c.instance_id = $1 and p.tenant_id = $2 and p.platform = $5
       and p.platform_user_id = known_as($2, $5, $3)`,
    [instance.instanceId, instance.tenant, input.platformUserId, input.blocked, instance.platform],
  )
}
