import { type ImportRun, noteLines } from './import-run.ts'
import { oldCurrency } from './row.ts'

/** A price that nobody pays, for products whose price is not in the export; they are hidden, too. */
const noPrice = 1_000_000_000_000n

/**
 * Categories and products: those of the menu where it was exported, and those that stock and orders name. A product that
 * is here already stays as it is.
 */
export async function importProducts(run: ImportRun): Promise<void> {
  await run.tx.query(
    `insert into category (name, position) select distinct on (lower(name)) name, position from staged_categories
     where was is null order by lower(name), position on conflict (lower(name)) where archived_at is null do nothing`,
  )
  await run.tx.query(
    `insert into product (id, category_id, name, description, currency, base_price, status, position, created_by)
     select distinct on (p.product) p.product, c.id, p.name, p.description, $1, case when p.amount > 0 then p.amount else $2 end,
       case when p.amount > 0 then 'active' else 'hidden' end, p.position, $3
     from staged_products p
     left join staged_categories s on s.number = p.category
     left join category c on lower(c.name) = lower(coalesce(s.name, p.category)) and c.archived_at is null
     where p.was is null order by p.product, p.line on conflict (id) do nothing`,
    [oldCurrency, noPrice.toString(), run.actor.name],
  )
  await importNamedProducts(run)
  await settleOrderProducts(run)
  await notePrices(run)
}

/** Products that stock, or an order by its id, names and no menu has. */
async function importNamedProducts(run: ImportRun): Promise<void> {
  await run.tx.query(
    `with named as (
       select product, original, product_name, price, added_at as at from staged_stock where was is null
       union all
       select product, product, product_name,
         case when details ->> 'price' <> 'unknown' and base_price > 1 then base_price end, at
       from staged_orders where was is null and product is not null
     ), one as (
       select product, max(product_name) as name, min(original) as original,
         (array_agg(price order by at desc nulls last) filter (where price is not null))[1] as price
       from named group by product
     )
     insert into product (id, name, currency, base_price, status, created_by)
     select product, coalesce(name, original), $1, coalesce(price, $2), case when price is null then 'hidden' else 'active' end, $3
     from one on conflict (id) do nothing`,
    [oldCurrency, noPrice.toString(), run.actor.name],
  )
}

/** Orders name their product by its name only: one of ours, or one that is made for the history. */
async function settleOrderProducts(run: ImportRun): Promise<void> {
  await run.tx.query(
    `with found as (
       select distinct on (lower(name)) lower(name) as name, id from product order by lower(name), status, created_at, id
     )
     update staged_orders o set product = found.id from found
     where o.product is null and o.was is null and lower(o.product_name) = found.name`,
  )
  const { rows } = await run.tx.query<{ line: number }>(
    `with nameless as (
       update staged_orders
       set product = 'old-' || left(encode(sha256(convert_to(coalesce(product_name, ''), 'UTF8')), 'hex'), 20)
       where product is null and was is null
       returning line, product, product_name, case when details ->> 'price' <> 'unknown' then base_price end as price
     ), made as (
       insert into product (id, name, currency, base_price, status, created_by)
       select product, coalesce(max(product_name), 'Unknown product of the old system'), $1, coalesce(max(price), $2),
         'archived', $3
       from nameless group by product on conflict (id) do nothing
     )
     select line from nameless order by line`,
    [oldCurrency, noPrice.toString(), run.actor.name],
  )
  noteLines(run, 'orders', {
    about: 'archived_products',
    message: 'orders of products that are not sold any more: the products were made, archived',
    lines: rows.map(({ line }) => line),
  })
}

async function notePrices(run: ImportRun): Promise<void> {
  const { rows } = await run.tx.query<{ id: string }>(
    `select id from product where base_price = $1 and status = 'hidden' and id in (
       select product from staged_stock where was is null union select product from staged_products where was is null
     ) order by id`,
    [noPrice.toString()],
  )
  if (rows.length === 0) return
  run.notes.add(
    'no_price',
    'products without a price are hidden: ./botfleet product edit ID --price P --status active; the export of ejfl has names and prices',
    rows.slice(0, 5).map(({ id }) => id),
    rows.length,
  )
}
