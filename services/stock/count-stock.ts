import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { ProductStock } from '../../domain/stock-unit.ts'
import { productNotFound, readProducts } from '../catalogue/read-products.ts'

/** Units by their state, of one product or of all that are not archived. Needs `stock.read`; throws `not_found`. */
export async function countStock(
  tx: Queryable,
  actor: Actor,
  input: {
    readonly product?: string | undefined
    /** Only those behind this product, by its id. */
    readonly after?: string | undefined
    readonly limit?: number | undefined
  },
): Promise<ProductStock[]> {
  assertMay(actor, 'stock.read')
  const { product: id, ...page } = input
  const products = await readProducts(tx, id === undefined ? { archived: false, ...page } : { id })
  if (id !== undefined && products.length === 0) throw productNotFound(id)
  const { rows } = await tx.query<{ product_id: string; wishes: number }>(
    'select product_id, count(*)::int as wishes from restock_wish group by product_id',
  )
  const wishes = new Map(rows.map((row) => [row.product_id, row.wishes]))
  return products.map((product) => ({
    product: product.id,
    name: product.name,
    ...product.stock,
    low_stock_threshold: product.low_stock_threshold,
    low_stock: product.low_stock,
    wishes: wishes.get(product.id) ?? 0,
  }))
}
