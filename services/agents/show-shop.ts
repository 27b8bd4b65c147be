import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { ShopSettings } from '../../domain/shop-settings.ts'
import { shopOf } from './shop-of.ts'
import { assertMayIn } from './tenant-not-found.ts'

/** What a tenant set for its shop; an agent sees its own. Throws `not_found`. */
export async function showShop(
  database: Queryable,
  actor: Actor,
  input: { readonly tenant: string },
): Promise<ShopSettings> {
  assertMayIn(actor, 'shop.read', input.tenant)
  return shopOf(database, input.tenant)
}
