import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'

/** What does not fit together; each list has the first few, each number all. */
export interface StockExamination {
  readonly available: number
  readonly reserved: number
  readonly sold: number
  readonly spoilt: number
  /** Orders whose goods are not as many as they say, or not in the state they must be in. */
  readonly unfitting_orders: { readonly count: number; readonly first: readonly number[] }
  /** Units that are reserved or sold, and whose order knows nothing of it. */
  readonly unfitting_units: { readonly count: number; readonly first: readonly number[] }
  /** Reservations that should have ended a good while ago. */
  readonly stuck: number
  /** Active products with nothing to sell. */
  readonly sold_out: readonly string[]
  /** Agents with a fixed markup and none in a currency that products have: they sell those at the base price. */
  readonly without_markup: readonly { readonly tenant: string; readonly currency: string }[]
}

interface Found {
  count: number
  first: number[] | null
}

/** Compares the stock with the orders. Needs `stock.read`. */
export async function examineStock(tx: Queryable, actor: Actor): Promise<StockExamination> {
  assertMay(actor, 'stock.read')
  const counts = await tx.query<Pick<StockExamination, 'available' | 'reserved' | 'sold' | 'spoilt' | 'stuck'>>(
    `select count(*) filter (where state = 'available')::int as available,
       count(*) filter (where state = 'reserved')::int as reserved, count(*) filter (where state = 'sold')::int as sold,
       count(*) filter (where state = 'spoilt')::int as spoilt,
       count(*) filter (where reserved_until < clock_timestamp() - interval '5 minutes')::int as stuck
     from stock_unit`,
  )
  const products = await tx.query<{ id: string }>(
    `select id from product p where status = 'active'
       and not exists (select from stock_unit where product_id = p.id and state = 'available') order by id`,
  )
  const markups = await tx.query<{ tenant: string; currency: string }>(
    `select distinct t.id as tenant, p.currency from tenant t join product p on p.status = 'active' and p.visible_to_agents
     where t.markup_kind = 'fixed' and t.status = 'active'
       and not exists (select from tenant_fixed_markup m where m.tenant_id = t.id and m.currency = p.currency)
     order by 1, 2`,
  )
  const found = { available: 0, reserved: 0, sold: 0, spoilt: 0, stuck: 0, ...counts.rows[0] }
  return {
    ...found,
    unfitting_orders: await unfittingOrders(tx),
    unfitting_units: await unfittingUnits(tx),
    sold_out: products.rows.map(({ id }) => id),
    without_markup: markups.rows,
  }
}

/**
 * An order that is paid has sold to it what was not refunded of it; one that waits for its payment has its goods
 * reserved; any other has none. Orders of an old system may have come without their goods.
 */
function unfittingOrders(tx: Queryable): Promise<{ count: number; first: readonly number[] }> {
  return findings(
    tx,
    `with held as (
       select order_id, count(*) filter (where state = 'sold') as sold,
         count(*) filter (where state = 'reserved') as reserved
       from stock_unit where order_id is not null group by order_id
     ), returned as (
       select order_id, count(*) as units from refunded_unit group by order_id
     )
     select o.id from customer_order o left join held h on h.order_id = o.id left join returned r on r.order_id = o.id
     where o.key not like 'import:%' and (coalesce(h.sold, 0), coalesce(h.reserved, 0), coalesce(r.units, 0)) <> (
       case when o.paid_at is not null then o.quantity - o.refunded_units else 0 end,
       case when o.status = 'reserved' then o.quantity else 0 end, o.refunded_units)`,
  )
}

/** A unit is held by an order of its own product that is alive. */
function unfittingUnits(tx: Queryable): Promise<{ count: number; first: readonly number[] }> {
  return findings(
    tx,
    `select u.id from stock_unit u join customer_order o on o.id = u.order_id
     where u.product_id <> o.product_id or (u.state = 'sold' and o.status not in ('paid', 'partly_refunded'))
       or (u.state = 'reserved' and o.status <> 'reserved')`,
  )
}

/** Of a query that gives ids: how many, and the first ten. */
async function findings(tx: Queryable, query: string): Promise<{ count: number; first: readonly number[] }> {
  const { rows } = await tx.query<Found>(
    `with found as (${query})
     select count(*)::int as count, to_jsonb((array_agg(id order by id))[1:10]) as first from found`,
  )
  return { count: rows[0]?.count ?? 0, first: rows[0]?.first ?? [] }
}
