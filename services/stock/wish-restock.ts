import type { Tx } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import { masterTenant } from '../../domain/tenant.ts'

/** What became of a wish. */
export type RestockWish =
  /** The customer is told once, through the bot where the wish was made last. */
  | 'noted'
  /** There is some: nothing to wait for. */
  | 'available'
  /** The customer's tenant does not sell it (any more). */
  | 'not_for_sale'

/** Notes that a customer wants to hear when a product is there again; wishing twice is wishing once. */
export async function wishRestock(tx: Tx, buyer: Buyer, input: { readonly product: string }): Promise<RestockWish> {
  const { rows } = await tx.query<{ available: boolean }>(
    `select count_free(p.id, 1) > 0 as available
     from product p where p.id = $1 and p.status = 'active' and (p.visible_to_agents or $2)`,
    [input.product, buyer.tenant === masterTenant],
  )
  if (rows[0] === undefined) return 'not_for_sale'
  if (rows[0].available) return 'available'
  await tx.query(
    `insert into restock_wish (product_id, customer_id, instance_id) values ($1, $2, $3)
     on conflict (product_id, customer_id) do update set instance_id = excluded.instance_id`,
    [input.product, buyer.customerId, buyer.instanceId],
  )
  return 'noted'
}
