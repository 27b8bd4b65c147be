import { type ImportRun, noteLines } from './import-run.ts'
import { oldCurrency } from './row.ts'

/**
 * Orders, in the order of their times. Their numbers satisfy what an order here must (decode/price-of.ts); what the
 * documents said is kept beside them. Leaves the temporary table `order_target` (key, order_id).
 */
export async function importOrders(run: ImportRun): Promise<void> {
  const { tx, actor } = run
  await tx.query(
    `create temporary table order_target on commit drop as
     select key, target::bigint as order_id from imported_document where false`,
  )
  await tx.query(
    `with placed as (
       insert into customer_order (tenant_id, customer_id, product_id, key, quantity, currency, base_price, markup_kind,
         markup_value, markup, unit_price, discount, total, status, refunded_units, refunded, created_at, paid_at,
         delivered_at)
       select o.tenant_id, c.id, o.product, 'import:' || o.key, o.quantity, $1, o.base_price, 'fixed', o.markup, o.markup,
         o.base_price + o.markup, coalesce(o.discount, o.quantity), o.amount,
         case when o.state = 'cancelled' then 'cancelled' when o.is_refunded then 'refunded' else 'paid' end,
         case when o.is_refunded then o.quantity else 0 end, case when o.is_refunded then o.amount else 0 end,
         o.at, case when o.state <> 'cancelled' then o.at end, case when o.state <> 'cancelled' then o.at end
       from staged_orders o
       join customer c on c.tenant_id = o.tenant_id and c.platform = 'telegram' and c.platform_user_id = o.buyer
       where o.was is null order by o.at, o.line
       returning id, key
     )
     insert into order_target select substr(key, 8), id from placed`,
    [oldCurrency],
  )
  await tx.query('create index on order_target (key)')
  await tx.query('create index on order_target (order_id)')
  await tx.query('analyze order_target')
  await tx.query(
    `insert into order_refund (order_id, key, units, amount, restocked, reason, actor, at)
     select t.order_id, 'import', o.quantity, o.amount, false, 'refunded in the old system', $1, o.at
     from staged_orders o join order_target t on t.key = o.key where o.was is null and o.is_refunded
       and o.state <> 'cancelled'`,
    [actor.name],
  )
  await noteNumbers(run)
}

async function noteNumbers(run: ImportRun): Promise<void> {
  const { rows } = await run.tx.query<{ line: number; price: string }>(
    `select line, details ->> 'price' as price from staged_orders
     where was is null and details ->> 'price' <> 'said' order by line`,
  )
  const linesOf = (price: string) => rows.filter((row) => row.price === price).map(({ line }) => line)
  noteLines(run, 'orders', {
    about: 'orders_without_price',
    message: 'orders whose price the old system did not write down have a total of 0',
    lines: linesOf('unknown'),
  })
  noteLines(run, 'orders', {
    about: 'orders_fitted',
    message: 'orders whose total is less than their price times their quantity have a discount of the difference',
    lines: linesOf('fitted'),
  })
}
