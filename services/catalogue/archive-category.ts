import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { CategoryView } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { type CategoryReference, findCategory } from './find-category.ts'
import { readCategory } from './list-categories.ts'

/**
 * Takes an empty category out of the shop; its name is free again. Needs `catalogue.edit`.
 * Throws `not_found`, and `conflict` while products are in it.
 */
export async function archiveCategory(
  tx: Tx,
  actor: Actor,
  input: { readonly category: CategoryReference },
): Promise<CategoryView> {
  assertMay(actor, 'catalogue.edit')
  const { id, name } = await findCategory(tx, input.category)
  await tx.query('select from category where id = $1 for update', [id])
  const held = await tx.query<{ id: string }>(
    `select id from product where category_id = $1 and status <> 'archived' order by position, id`,
    [id],
  )
  const first = held.rows[0]
  if (first !== undefined) {
    throw new Failure(
      'conflict',
      `${held.rowCount} products are in ${name}: move them first; ./botfleet product edit ${first.id} --category OTHER moves one`,
      { details: { products: held.rows.map((product) => product.id) } },
    )
  }
  await tx.query('update category set archived_at = now() where id = $1', [id])
  await tx.query('update product set category_id = null where category_id = $1', [id])
  await appendAudit(tx, actor, {
    action: 'category.archive',
    targetKind: 'category',
    targetId: String(id),
    tenantId: masterTenant,
    details: { name },
  })
  return readCategory(tx, id)
}
