import { createHash } from 'node:crypto'
import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type ProductView, pictureTypeOf } from '../../domain/catalogue.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { productNotFound, readProduct } from './read-products.ts'

/**
 * Gives a product its picture, or takes it away (null). What it is, its first bytes say. Needs `catalogue.edit`.
 * Throws `usage` (no JPEG, PNG or WebP, or too large), `not_found`.
 */
export async function setPicture(
  tx: Tx,
  actor: Actor,
  input: { readonly id: string; readonly picture: Buffer | null },
): Promise<ProductView> {
  assertMay(actor, 'catalogue.edit')
  const { id, picture } = input
  const type = picture === null ? null : pictureTypeOf(picture)
  const pictureId = picture === null ? null : createHash('sha256').update(picture).digest('hex').slice(0, 16)
  const { rowCount } = await tx.query(
    'update product set picture = $2, picture_type = $3, picture_id = $4, updated_at = now() where id = $1',
    [id, picture, type, pictureId],
  )
  if (rowCount === 0) throw productNotFound(id)
  await appendAudit(tx, actor, {
    action: 'product.picture',
    targetKind: 'product',
    targetId: id,
    tenantId: masterTenant,
    details: { type, bytes: picture?.length ?? 0 },
  })
  return readProduct(tx, id)
}
