import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import {
  assertBasePrice,
  nameMax,
  numberedProductId,
  type ProductView,
  parseDescription,
  parseLine,
  parseProductId,
  productIdFrom,
} from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { type CategoryReference, findCategory } from './find-category.ts'
import { readProduct } from './read-products.ts'

export interface CreateProduct {
  /** Made from the name when not given. */
  readonly id?: string | undefined
  readonly name: string
  readonly description?: string | undefined
  readonly category?: CategoryReference | undefined
  readonly currency: Currency
  /** Of one unit, in the currency's smallest unit; above 0. */
  readonly basePrice: bigint
  /** Not shown to anybody yet. */
  readonly hidden?: boolean | undefined
  readonly visibleToAgents?: boolean | undefined
  readonly limitPerCustomer?: number | undefined
  readonly lowStockThreshold?: number | undefined
}

const numbersMax = 1000

/**
 * Adds a product at the end of its category. Needs `catalogue.edit`.
 * Throws `usage` (name, description, price, id), `not_found` (category), `conflict` (the id given is taken).
 */
export async function createProduct(tx: Tx, actor: Actor, input: CreateProduct): Promise<ProductView> {
  assertMay(actor, 'catalogue.edit')
  const name = parseLine(input.name, "a product's name", nameMax)
  const description = parseDescription(input.description ?? '')
  assertBasePrice(input.basePrice, input.currency)
  const category = input.category === undefined ? undefined : await findCategory(tx, input.category, { hold: true })
  const values = { ...input, name, description, categoryId: category?.id ?? null }
  const id = await insertUnderFreeId(tx, actor, values)
  await appendAudit(tx, actor, {
    action: 'product.create',
    targetKind: 'product',
    targetId: id,
    tenantId: masterTenant,
    details: { name, currency: input.currency, base_price: formatAmount(input.basePrice, input.currency) },
  })
  return readProduct(tx, id)
}

type Values = CreateProduct & { readonly categoryId: number | null }

async function insertUnderFreeId(tx: Tx, actor: Actor, values: Values): Promise<string> {
  if (values.id !== undefined) {
    const id = parseProductId(values.id)
    if (await insert(tx, actor, id, values)) return id
    throw new Failure('conflict', `the product ${id} is there already: choose another id`, { details: { product: id } })
  }
  const base = productIdFrom(values.name)
  for (let number = 1; number <= numbersMax; number += 1) {
    const id = numberedProductId(base, number)
    if (await insert(tx, actor, id, values)) return id
  }
  throw new Failure('conflict', `there are ${numbersMax} products named like this one: choose an id`)
}

async function insert(tx: Tx, actor: Actor, id: string, values: Values): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into product (id, category_id, name, description, currency, base_price, status, visible_to_agents,
       limit_per_customer, low_stock_threshold, position, created_by)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
       (select coalesce(max(position), 0) + 1 from product where category_id is not distinct from $2), $11
     on conflict do nothing`,
    [
      id,
      values.categoryId,
      values.name,
      values.description,
      values.currency,
      values.basePrice,
      values.hidden === true ? 'hidden' : 'active',
      values.visibleToAgents ?? true,
      values.limitPerCustomer ?? null,
      values.lowStockThreshold ?? null,
      actor.name,
    ],
  )
  return rowCount === 1
}
