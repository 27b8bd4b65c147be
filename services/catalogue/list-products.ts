import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { ProductView } from '../../domain/catalogue.ts'
import { type CategoryReference, findCategory } from './find-category.ts'
import { readProducts } from './read-products.ts'

/** Products in the order of the shop, the archived ones only when asked for. Needs `catalogue.read`. */
export async function listProducts(
  tx: Queryable,
  actor: Actor,
  input: {
    readonly archived?: boolean | undefined
    readonly category?: CategoryReference | undefined
    /** Only those behind this one, by its id. */
    readonly after?: string | undefined
    readonly limit?: number | undefined
  },
): Promise<ProductView[]> {
  assertMay(actor, 'catalogue.read')
  const category = input.category === undefined ? undefined : (await findCategory(tx, input.category)).id
  return readProducts(tx, { ...input, archived: input.archived === true, category })
}
