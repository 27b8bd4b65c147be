import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { ProductView } from '../../domain/catalogue.ts'
import { findCategory } from './find-category.ts'
import { readProducts } from './read-products.ts'

/** Products in the order of the shop, the archived ones only when asked for. Needs `catalogue.read`. */
export async function listProducts(
  tx: Queryable,
  actor: Actor,
  input: {
    readonly archived?: boolean | undefined
    /** A category's id or name. */
    readonly category?: string | undefined
  },
): Promise<ProductView[]> {
  assertMay(actor, 'catalogue.read')
  const category = input.category === undefined ? undefined : (await findCategory(tx, input.category)).id
  return readProducts(tx, { archived: input.archived === true, category })
}
