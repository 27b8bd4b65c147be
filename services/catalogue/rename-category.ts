import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type CategoryView, categoryNameMax, parseLine } from '../../domain/catalogue.ts'
import { masterTenant } from '../../domain/tenant.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { appendAudit } from '../append-audit.ts'
import { categoryTaken } from './create-category.ts'
import { type CategoryReference, findCategory } from './find-category.ts'
import { readCategory } from './list-categories.ts'

/**
 * Gives a category another name, or its name in a language (null takes that away). Needs `catalogue.edit`.
 * Throws `usage` (name), `not_found`, `conflict` (another category has the name).
 */
export async function renameCategory(
  tx: Tx,
  actor: Actor,
  input: { readonly category: CategoryReference; readonly name: string } | TranslateCategory,
): Promise<CategoryView> {
  assertMay(actor, 'catalogue.edit')
  const { id } = await findCategory(tx, input.category)
  const name = input.name === null ? null : parseLine(input.name, "a category's name", categoryNameMax)
  const language = 'language' in input ? input.language : undefined
  if (language === undefined) {
    const taken = await tx.query(
      `select from category where lower(name) = lower($2) and id <> $1 and archived_at is null`,
      [id, name],
    )
    if (taken.rowCount > 0) throw categoryTaken(name ?? '')
    await tx.query('update category set name = $2 where id = $1', [id, name])
  } else {
    await tx.query(
      `update category set names = jsonb_strip_nulls(names || jsonb_build_object($2::text, $3::text)) where id = $1`,
      [id, language, name],
    )
  }
  await appendAudit(tx, actor, {
    action: 'category.rename',
    targetKind: 'category',
    targetId: String(id),
    tenantId: masterTenant,
    details: { name, ...(language === undefined ? {} : { language }) },
  })
  return readCategory(tx, id)
}

interface TranslateCategory {
  readonly category: CategoryReference
  readonly language: Language
  readonly name: string | null
}
