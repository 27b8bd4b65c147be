import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { ShopSettings } from '../../domain/shop-settings.ts'
import { shopOf } from './shop-of.ts'

/** What a tenant set for its shop; an agent sees its own. Throws `not_found`. */
export async function showShop(
  database: Queryable,
  actor: Actor,
  input: { readonly tenant: string },
): Promise<ShopSettings> {
  assertMay(actor, 'shop.read', input.tenant)
  return shopOf(database, input.tenant)
}
