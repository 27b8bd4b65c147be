import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { ProductView } from '../../domain/catalogue.ts'
import { readProduct } from './read-products.ts'

/** One product as operators see it. Needs `catalogue.read`; throws `not_found`. */
export async function showProduct(tx: Queryable, actor: Actor, input: { readonly id: string }): Promise<ProductView> {
  assertMay(actor, 'catalogue.read')
  return readProduct(tx, input.id)
}
