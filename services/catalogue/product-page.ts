import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { Buyer } from '../../domain/shop.ts'
import { masterTenant } from '../../domain/tenant.ts'
import type { Language } from '../../domain/worker-contract.ts'

/** A product as one customer sees it. */
export interface ProductPage {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly category: { readonly id: number; readonly name: string } | null
  readonly currency: Currency
  /** Of one unit with the tenant's markup, as an order made now would have it: a decimal string. */
  readonly unit_price: string
  /** Units that can be bought now, counted up to `orderUnitsMax`. */
  readonly available: number
  /** How many this customer may have altogether, and how many more; null without a limit. */
  readonly limit: number | null
  readonly limit_left: number | null
  /** The most that this customer can order now. */
  readonly order_max: number
  /** Another one for another picture; null where there is none. */
  readonly picture_id: string | null
  /** Whether the customer is told when there is some again. */
  readonly wished: boolean
}

/** The most units that one order may have (customer_order.quantity). */
export const orderUnitsMax = 1000

interface Row {
  id: string
  name: string
  description: string
  category_id: number | null
  category_name: string | null
  currency: Currency
  unit_price: string
  available: number
  limit_per_customer: number | null
  bought: number
  picture_id: string | null
  wished: boolean
}

/** One product for one customer; undefined when the customer's tenant does not sell it (any more). */
export async function productPage(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  input: { readonly product: string; readonly language: Language },
): Promise<ProductPage | undefined> {
  const { rows } = await tx.query<Row>(
    `select p.id, coalesce(p.translations -> $4 ->> 'name', p.name) as name,
       coalesce(p.translations -> $4 ->> 'description', p.description) as description,
       c.id as category_id, coalesce(c.names ->> $4, c.name) as category_name, q.currency,
       (q.base_price + q.markup)::text as unit_price, s.available, p.limit_per_customer, p.picture_id,
       case when p.limit_per_customer is null then 0 else (
         select coalesce(sum(o.quantity - o.refunded_units), 0)::int from customer_order o
         where o.customer_id = $2 and o.product_id = p.id and o.status in ('reserved', 'paid', 'partly_refunded')
       ) end as bought,
       exists (select from restock_wish w where w.product_id = p.id and w.customer_id = $2) as wished
     from product p cross join lateral quote($1, p.id) q
     cross join lateral count_free(p.id, ${orderUnitsMax}) s (available)
     left join category c on c.id = p.category_id
     where p.id = $3 and p.status = 'active' and (p.visible_to_agents or $5)`,
    [buyer.tenant, buyer.customerId, input.product, input.language, buyer.tenant === masterTenant],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const limitLeft = row.limit_per_customer === null ? null : Math.max(0, row.limit_per_customer - row.bought)
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    category:
      row.category_id === null || row.category_name === null ? null : { id: row.category_id, name: row.category_name },
    currency: row.currency,
    unit_price: formatAmount(BigInt(row.unit_price), row.currency),
    available: row.available,
    limit: row.limit_per_customer,
    limit_left: limitLeft,
    order_max: Math.min(row.available, limitLeft ?? orderUnitsMax),
    picture_id: row.picture_id,
    wished: row.wished,
  }
}
