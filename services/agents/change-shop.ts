import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { ShopSettings } from '../../domain/shop-settings.ts'
import { appendAudit } from '../append-audit.ts'
import { shopOf } from './shop-of.ts'
import { assertMayIn, tenantNotFound } from './tenant-not-found.ts'

export interface ShopChange {
  readonly tenant: string
  /** `shop.<verb>` in the audit. */
  readonly verb: string
  readonly details: Readonly<Record<string, unknown>>
  /** Writes the change, or throws its refusal. */
  readonly apply: () => Promise<unknown>
}

/**
 * The frame of every change of a shop: the right in that tenant, the tenant's row locked, the change, its audit row.
 * Changes of one shop follow one another.
 */
export async function changeShop(tx: Tx, actor: Actor, change: ShopChange): Promise<ShopSettings> {
  assertMayIn(actor, 'shop.edit', change.tenant)
  const locked = await tx.query('update tenant set updated_at = now() where id = $1', [change.tenant])
  if (locked.rowCount === 0) throw tenantNotFound(change.tenant)
  await change.apply()
  await appendAudit(tx, actor, {
    action: `shop.${change.verb}`,
    targetKind: 'tenant',
    targetId: change.tenant,
    tenantId: change.tenant,
    details: change.details,
  })
  return shopOf(tx, change.tenant)
}
