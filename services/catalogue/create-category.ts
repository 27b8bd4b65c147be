import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type CategoryView, categoryNameMax, parseLine } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { readCategory } from './list-categories.ts'

/** Adds a category behind the others. Needs `catalogue.edit`. Throws `usage` (name), `conflict` (it is there). */
export async function createCategory(tx: Tx, actor: Actor, input: { readonly name: string }): Promise<CategoryView> {
  assertMay(actor, 'catalogue.edit')
  const name = parseLine(input.name, "a category's name", categoryNameMax)
  const { rows } = await tx.query<{ id: number }>(
    `insert into category (name, position) select $1, (select coalesce(max(position), 0) + 1 from category)
     on conflict (lower(name)) where archived_at is null do nothing returning id`,
    [name],
  )
  const id = rows[0]?.id
  if (id === undefined) throw categoryTaken(name)
  await appendAudit(tx, actor, {
    action: 'category.create',
    targetKind: 'category',
    targetId: String(id),
    tenantId: masterTenant,
    details: { name },
  })
  return readCategory(tx, id)
}

export function categoryTaken(name: string): Failure {
  return new Failure('conflict', `there is a category ${name} already`)
}
