import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { CategoryView } from '../../domain/catalogue.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { type CategoryReference, findCategory } from './find-category.ts'
import { listCategories } from './list-categories.ts'

/**
 * Puts the named categories first, in this order; the others follow as they were. Needs `catalogue.edit`; throws
 * `not_found`.
 */
export async function orderCategories(
  tx: Tx,
  actor: Actor,
  input: { readonly categories: readonly CategoryReference[] },
): Promise<CategoryView[]> {
  assertMay(actor, 'catalogue.edit')
  await tx.query('select from category order by id for update')
  const ids: number[] = []
  for (const category of input.categories) ids.push((await findCategory(tx, category)).id)
  await tx.query(
    `update category set position = ordered.position
     from (
       select id, row_number() over (order by array_position($1::bigint[], id) nulls last, position, id) as position
       from category where archived_at is null
     ) as ordered where category.id = ordered.id`,
    [ids],
  )
  await appendAudit(tx, actor, {
    action: 'category.order',
    targetKind: 'category',
    targetId: null,
    tenantId: masterTenant,
    details: { first: ids },
  })
  return listCategories(tx, actor, {})
}
