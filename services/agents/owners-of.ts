import type { Queryable } from '../../db/transaction.ts'
import type { OwnerView } from '../../domain/agent.ts'

/** The owners of a shop, in the order in which they came. Asks for no right: for the gateway and for notices. */
export async function ownersOf(tx: Queryable, tenant: string): Promise<OwnerView[]> {
  const { rows } = await tx.query<Omit<OwnerView, 'linked_at'> & { linked_at: Date }>(
    `select platform, platform_user_id, linked_at from tenant_owner where tenant_id = $1
     order by linked_at, platform, platform_user_id`,
    [tenant],
  )
  return rows.map((row) => ({ ...row, linked_at: row.linked_at.toISOString() }))
}
