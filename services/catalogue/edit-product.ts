import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { assertBasePrice, nameMax, type ProductView, parseDescription, parseLine } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { type CategoryReference, findCategory } from './find-category.ts'
import { productNotFound, readProduct } from './read-products.ts'

/** What is not given stays; null takes away. */
export interface EditProduct {
  readonly id: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Null is none. */
  readonly category?: CategoryReference | null | undefined
  /** Of one unit, in the product's own currency's smallest unit; above 0. */
  readonly basePrice?: bigint | undefined
  /** `active` brings back what was hidden or archived. */
  readonly status?: 'active' | 'hidden' | undefined
  readonly visibleToAgents?: boolean | undefined
  readonly limitPerCustomer?: number | null | undefined
  readonly lowStockThreshold?: number | null | undefined
  /** Its place in its category: lower comes first. */
  readonly position?: number | undefined
}

/**
 * Changes a product; orders that were made keep their price. Needs `catalogue.edit`.
 * Throws `usage` (a wrong value, or nothing to change), `not_found` (product, category).
 */
export async function editProduct(tx: Tx, actor: Actor, input: EditProduct): Promise<ProductView> {
  assertMay(actor, 'catalogue.edit')
  const changes = await columnsOf(tx, input)
  const names = Object.keys(changes)
  if (names.length === 0) throw new Failure('usage', 'nothing to change was given')
  const { rowCount } = await tx.query(
    `update product set updated_at = now(), ${names.map((name, at) => `${name} = $${at + 2}`).join(', ')} where id = $1`,
    [input.id, ...Object.values(changes)],
  )
  if (rowCount === 0) throw productNotFound(input.id)
  const { description, ...said } = changes
  const product = await readProduct(tx, input.id)
  await appendAudit(tx, actor, {
    action: 'product.edit',
    targetKind: 'product',
    targetId: input.id,
    tenantId: masterTenant,
    details: {
      ...said,
      ...(input.basePrice === undefined ? {} : { base_price: product.base_price }),
      ...(description === undefined ? {} : { description: 'changed' }),
    },
  })
  return product
}

/** The columns that change, and to what. */
async function columnsOf(tx: Tx, input: EditProduct): Promise<Record<string, unknown>> {
  const { name, description, category, basePrice } = input
  if (basePrice !== undefined) assertBasePrice(basePrice, (await readProduct(tx, input.id)).currency)
  const given = {
    name: name === undefined ? undefined : parseLine(name, "a product's name", nameMax),
    description: description === undefined ? undefined : parseDescription(description),
    category_id:
      category === undefined || category === null ? category : (await findCategory(tx, category, { hold: true })).id,
    base_price: basePrice,
    status: input.status,
    visible_to_agents: input.visibleToAgents,
    limit_per_customer: input.limitPerCustomer,
    low_stock_threshold: input.lowStockThreshold,
    position: input.position,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
