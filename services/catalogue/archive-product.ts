import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { ProductView } from '../../domain/catalogue.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { readProduct } from './read-products.ts'

/**
 * Takes a product out of the shop for good: its orders, its stock and its history stay, and `editProduct` with the
 * status `active` brings it back. Who waited for it waits no more. Needs `catalogue.edit`; throws `not_found`.
 */
export async function archiveProduct(tx: Tx, actor: Actor, input: { readonly id: string }): Promise<ProductView> {
  assertMay(actor, 'catalogue.edit')
  const { rowCount } = await tx.query(
    `update product set status = 'archived', updated_at = now() where id = $1 and status <> 'archived'`,
    [input.id],
  )
  const view = await readProduct(tx, input.id)
  if (rowCount === 0) return view
  await tx.query('delete from restock_wish where product_id = $1', [input.id])
  await appendAudit(tx, actor, {
    action: 'product.archive',
    targetKind: 'product',
    targetId: input.id,
    tenantId: masterTenant,
  })
  return view
}
