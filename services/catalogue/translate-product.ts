import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { nameMax, type ProductView, parseDescription, parseLine } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { masterTenant } from '../../domain/tenant.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { appendAudit } from '../append-audit.ts'
import { productNotFound, readProduct } from './read-products.ts'

/**
 * Says a product's name and description in a language; what is not given stays, null takes it away, and what is missing
 * is shown as the product has it. Needs `catalogue.edit`. Throws `usage`, `not_found`.
 */
export async function translateProduct(
  tx: Tx,
  actor: Actor,
  input: {
    readonly id: string
    readonly language: Language
    readonly name?: string | null | undefined
    readonly description?: string | null | undefined
  },
): Promise<ProductView> {
  assertMay(actor, 'catalogue.edit')
  const { id, language, name, description } = input
  if (name === undefined && description === undefined) throw new Failure('usage', 'nothing to translate was given')
  const given = {
    ...(name === undefined ? {} : { name: name === null ? null : parseLine(name, "a product's name", nameMax) }),
    ...(description === undefined ? {} : { description: description === null ? null : parseDescription(description) }),
  }
  const { rowCount } = await tx.query(
    `update product set updated_at = now(), translations = (
       select coalesce(jsonb_object_agg(key, value), '{}')
       from jsonb_each(translations || jsonb_build_object($2::text,
         jsonb_strip_nulls(coalesce(translations -> $2, '{}') || $3::jsonb)))
       where value <> '{}')
     where id = $1`,
    [id, language, JSON.stringify(given)],
  )
  if (rowCount === 0) throw productNotFound(id)
  await appendAudit(tx, actor, {
    action: 'product.translate',
    targetKind: 'product',
    targetId: id,
    tenantId: masterTenant,
    details: { language, ...(name === undefined ? {} : { name }) },
  })
  return readProduct(tx, id)
}
