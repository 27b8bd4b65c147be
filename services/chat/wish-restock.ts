import type { Tx } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { productPage } from '../catalogue/product-page.ts'

/** Remembers that a customer wants to hear when a product is there again; there is nothing to wait for while it is. */
export async function wishRestock(
  tx: Tx,
  buyer: Buyer,
  input: { product: string; language: Language },
): Promise<'wished' | 'in_stock' | 'not_for_sale'> {
  const product = await productPage(tx, buyer, input)
  if (product === undefined) return 'not_for_sale'
  if (product.available > 0) return 'in_stock'
  await tx.query(
    `insert into restock_wish (product_id, customer_id, instance_id) values ($1, $2, $3)
     on conflict (product_id, customer_id) do update set instance_id = excluded.instance_id`,
    [input.product, buyer.customerId, buyer.instanceId],
  )
  return 'wished'
}
