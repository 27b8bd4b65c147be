import type { Queryable } from '../../db/transaction.ts'
import type { ShelfView } from '../../domain/shop-calls.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { type CatalogueCategory, catalogueOf } from '../catalogue/catalogue-of.ts'

/** Products of one page: a button each. */
const pageSize = 8

/**
 * What a tenant sells, by the page: its categories, or the products of one. Where there is one category only its products
 * are shown at once. A category that is gone shows as an empty one.
 */
export async function shelfOf(
  tx: Queryable,
  input: { tenant: string; language: Language; category: number | null; page: number },
): Promise<ShelfView> {
  const all = await catalogueOf(tx, input)
  const [only, ...others] = all
  if (input.category === null && others.length > 0) {
    return { kind: 'categories', categories: all.map(({ id, name }) => ({ id: id ?? 0, name: name ?? '' })) }
  }
  const wanted = input.category === null ? only : all.find(({ id }) => (id ?? 0) === input.category)
  return productsOf(wanted, { hasOthers: others.length > 0, page: input.page })
}

function productsOf(
  category: CatalogueCategory | undefined,
  { hasOthers, page }: { hasOthers: boolean; page: number },
): ShelfView {
  const products = category?.products ?? []
  const pages = Math.max(1, Math.ceil(products.length / pageSize))
  const at = Math.min(Math.max(0, page), pages - 1)
  return {
    kind: 'products',
    category: category?.name ?? null,
    hasOthers,
    products: products.slice(at * pageSize, (at + 1) * pageSize).map((product) => ({
      id: product.id,
      name: product.name,
      price: product.unit_price,
      currency: product.currency,
      soldOut: product.available === 0,
    })),
    page: at,
    pages,
  }
}
