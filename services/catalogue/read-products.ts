import type { Queryable } from '../../db/transaction.ts'
import type { PictureType, ProductStatus, ProductView } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'

interface ProductRow {
  id: string
  name: string
  description: string
  translations: ProductView['translations']
  category_id: number | null
  category_name: string | null
  currency: Currency
  base_price: string
  status: ProductStatus
  visible_to_agents: boolean
  limit_per_customer: number | null
  low_stock_threshold: number | null
  position: number
  picture_type: PictureType | null
  picture_bytes: number | null
  picture_id: string | null
  created_at: Date
  created_by: string
  updated_at: Date
  available: number
  reserved: number
  sold: number
  spoilt: number
}

interface ProductFilter {
  readonly archived: boolean
  readonly category?: number | undefined
  /** Only those behind this one, by its id; wherever they are filtered to. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/** Products as operators see them, in the order of the shop: one by its id, or those of a filter. Asks for no right. */
export async function readProducts(tx: Queryable, filter: { id: string } | ProductFilter): Promise<ProductView[]> {
  const { rows } = await tx.query<ProductRow>(
    `with placed as (
       select p.id, row_number() over (order by c.position, c.id, p.position, p.created_at, p.id) as place
       from product p left join category c on c.id = p.category_id
       where $1::text is null or p.id = $1
     ), chosen as (
       select p.*, placed.place from placed join product p on p.id = placed.id
       where ($2::boolean or p.status <> 'archived') and ($3::bigint is null or p.category_id = $3)
         and ($4::text is null or placed.place > (select place from placed where id = $4))
       order by placed.place limit $5
     ), units as (
       select product_id, state, count(*)::int as units from stock_unit
       where product_id in (select id from chosen) group by product_id, state
     ), counted as (
       select product_id, sum(units) filter (where state = 'available') as available,
         sum(units) filter (where state = 'reserved') as reserved, sum(units) filter (where state = 'sold') as sold,
         sum(units) filter (where state = 'spoilt') as spoilt
       from units group by product_id
     )
     select p.id, p.name, p.description, p.translations, p.category_id, c.name as category_name, p.currency,
       p.base_price::text, p.status, p.visible_to_agents, p.limit_per_customer, p.low_stock_threshold, p.position,
       p.picture_type, octet_length(p.picture) as picture_bytes, p.picture_id, p.created_at, p.created_by, p.updated_at,
       coalesce(u.available, 0)::int as available, coalesce(u.reserved, 0)::int as reserved,
       coalesce(u.sold, 0)::int as sold, coalesce(u.spoilt, 0)::int as spoilt
     from chosen p left join category c on c.id = p.category_id left join counted u on u.product_id = p.id
     order by p.place`,
    'id' in filter
      ? [filter.id, true, null, null, null]
      : [null, filter.archived, filter.category ?? null, filter.after ?? null, filter.limit ?? null],
  )
  return rows.map(viewOf)
}

/** One product; throws `not_found`. */
export async function readProduct(tx: Queryable, id: string): Promise<ProductView> {
  const [view] = await readProducts(tx, { id })
  if (view === undefined) throw productNotFound(id)
  return view
}

/** Throws `not_found` unless there is such a product, of any status. */
export async function assertProduct(tx: Queryable, id: string): Promise<void> {
  const { rowCount } = await tx.query('select from product where id = $1', [id])
  if (rowCount === 0) throw productNotFound(id)
}

export function productNotFound(id: string): Failure {
  return new Failure('not_found', `no product ${id.slice(0, 60)}: ./botfleet product list shows them`, {
    details: { product: id },
  })
}

function viewOf(row: ProductRow): ProductView {
  const { available, reserved, sold, spoilt } = row
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    translations: row.translations,
    category:
      row.category_id === null || row.category_name === null ? null : { id: row.category_id, name: row.category_name },
    currency: row.currency,
    base_price: formatAmount(BigInt(row.base_price), row.currency),
    status: row.status,
    visible_to_agents: row.visible_to_agents,
    limit_per_customer: row.limit_per_customer,
    low_stock_threshold: row.low_stock_threshold,
    low_stock: row.low_stock_threshold !== null && available <= row.low_stock_threshold,
    position: row.position,
    picture:
      row.picture_type === null || row.picture_id === null
        ? null
        : { type: row.picture_type, bytes: row.picture_bytes ?? 0, id: row.picture_id },
    stock: { available, reserved, sold, spoilt },
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    updated_at: row.updated_at.toISOString(),
  }
}
