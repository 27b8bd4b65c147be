import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { masterTenant } from '../../domain/tenant.ts'
import type { Language } from '../../domain/worker-contract.ts'

/** A product as a customer sees it in a list. */
export interface CatalogueItem {
  readonly id: string
  readonly name: string
  readonly currency: Currency
  /** Of one unit with the tenant's markup, as an order made now would have it: a decimal string. */
  readonly unit_price: string
  /** Units that can be bought now, counted up to `countedMax`. */
  readonly available: number
}

export interface CatalogueCategory {
  /** Null for products without a category, which come last. */
  readonly id: number | null
  readonly name: string | null
  readonly products: readonly CatalogueItem[]
}

/** In a list nobody asks for the exact number of so many. */
export const countedMax = 100

interface Row {
  category_id: number | null
  category_name: string | null
  id: string
  name: string
  currency: Currency
  unit_price: string
  available: number
}

/**
 * What a tenant sells, as a customer sees it: categories that hold something, in order, with names in the language where
 * there are some. Asks for no right: what is for sale may be seen.
 */
export async function catalogueOf(
  tx: Queryable,
  input: { readonly tenant: string; readonly language: Language },
): Promise<CatalogueCategory[]> {
  const { rows } = await tx.query<Row>(
    `select c.id as category_id, coalesce(c.names ->> $2, c.name) as category_name, p.id,
       coalesce(p.translations -> $2 ->> 'name', p.name) as name, q.currency,
       (q.base_price + q.markup)::text as unit_price, s.available
     from product p cross join lateral quote($1, p.id) q
     cross join lateral count_free(p.id, ${countedMax}) s (available)
     left join category c on c.id = p.category_id
     where p.status = 'active' and (p.visible_to_agents or $3)
     order by c.position nulls last, c.id, p.position, p.created_at, p.id`,
    [input.tenant, input.language, input.tenant === masterTenant],
  )
  const categories = new Map<number | null, CatalogueCategory & { products: CatalogueItem[] }>()
  for (const row of rows) {
    const { category_id: id, category_name: name, ...item } = row
    const category = categories.get(id) ?? { id, name, products: [] }
    categories.set(id, category)
    category.products.push({ ...item, unit_price: formatAmount(BigInt(row.unit_price), row.currency) })
  }
  return [...categories.values()]
}
