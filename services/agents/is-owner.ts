import type { Queryable } from '../../db/transaction.ts'
import type { Platform } from '../../domain/instance.ts'

/** Whether a chat identity owns a shop (seed row S1-103). The tenant comes from the gateway's fence. */
export async function isOwner(
  tx: Queryable,
  tenant: string,
  platform: Platform,
  platformUserId: string,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    'select 1 from tenant_owner where tenant_id = $1 and platform = $2 and platform_user_id = $3',
    [tenant, platform, platformUserId],
  )
  return rowCount > 0
}
