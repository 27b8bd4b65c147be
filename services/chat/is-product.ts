import type { Queryable } from '../../db/transaction.ts'

/** Whether there ever was such a product, for sale or not: an order of one that is no longer sold still says what it was. */
export async function isProduct(tx: Queryable, input: { product: string }): Promise<boolean> {
  const { rowCount } = await tx.query('select from product where id = $1', [input.product])
  return rowCount > 0
}
