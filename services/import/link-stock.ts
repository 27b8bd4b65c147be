import { type ImportRun, noteLines, refuseWhere } from './import-run.ts'

/** How far the time of an order and that of its goods may be apart: the old system wrote them one after the other. */
const sameSale = '2 minutes'

const linkedUnits = 'select order_key, count(*) as units from sold_unit where order_key is not null group by order_key'

/**
 * Finds which order each sold unit was sold by. Where the unit names its order, that one; else units and orders of the
 * same buyer and product belong together in the order of their times. An order that does not say how many it sold gets as
 * many as there are. Leaves temporary tables `sold_unit` (line, key, order_key) and `order_slot`.
 */
export async function linkStock(run: ImportRun): Promise<void> {
  const { tx } = run
  await tx.query(
    `create temporary table sold_unit on commit drop as
     select line, key, product, buyer, sold_at, order_number, null::text as order_key from staged_stock
     where state = 'sold' and was is distinct from 'sold'`,
  )
  await tx.query('create index on sold_unit (order_number)')
  await tx.query('create index on sold_unit (buyer, product)')
  await tx.query('analyze sold_unit')
  await openSlots(run)
  await tx.query(
    `update sold_unit u set order_key = s.key from order_slot s
     where s.number = u.order_number and (s.product = u.product or s.product is null)`,
  )
  await settleQuantities(run)
  await refuseWhere(
    run,
    'stock',
    `select min(u.line) as line, format('its order %s has a quantity of %s, but %s units name it', s.number, s.quantity - s.taken,
       count(*)) as why
     from sold_unit u join order_slot s on s.key = u.order_key group by s.key, s.number, s.quantity, s.taken
     having count(*) > s.quantity - s.taken`,
  )
  await countFree(run)
  await linkNearest(run)
  await countFree(run)
  await linkInOrder(run)
  await noteUnlinked(run)
}

/** Orders that goods may belong to: those of this export, and those of buyers in it that were imported before. */
async function openSlots({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `create temporary table order_slot on commit drop as
     select key, number, buyer, product, at, quantity::bigint as quantity, 0::bigint as taken, 0::bigint as free
     from staged_orders where was is null and state <> 'cancelled'
     union all
     select d.key, d.number, c.platform_user_id, o.product_id, o.created_at, o.quantity,
       (select count(*) from order_unit u where u.order_id = o.id), 0
     from imported_document d join customer_order o on o.id = d.target::bigint join customer c on c.id = o.customer_id
     where d.collection = 'orders' and o.status <> 'cancelled' and (
       exists (select from sold_unit u where u.order_number = d.number)
       or exists (select from sold_unit u where u.buyer = c.platform_user_id and u.product = o.product_id))`,
  )
  await tx.query('create index on order_slot (number)')
  await tx.query('create index on order_slot (key)')
  await tx.query('create index on order_slot (buyer, product)')
  await tx.query('analyze order_slot')
}

/** The first orders of the old system did not count what they sold. */
async function settleQuantities({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `with counted as (
       select s.key, greatest(
         coalesce(n.units, 0),
         (select count(*) from sold_unit u where u.order_key is null and u.buyer = s.buyer and u.product = s.product
            and u.sold_at between s.at - $1::interval and s.at + $1::interval)) as units
       from order_slot s left join (${linkedUnits}) n on n.order_key = s.key where s.quantity is null
     )
     update order_slot s set quantity = least(1000, greatest(1, counted.units)) from counted where counted.key = s.key`,
    [sameSale],
  )
  await tx.query(
    `update staged_orders o set quantity = s.quantity from order_slot s where s.key = o.key and o.quantity is null`,
  )
}

/** How many units each order still lacks. */
async function countFree({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `update order_slot s set free = s.quantity - s.taken - coalesce(n.units, 0)
     from order_slot o left join (${linkedUnits}) n on n.order_key = o.key where o.key = s.key`,
  )
}

/** Units that were sold when an order was made: the nearest one, as long as it lacks some. */
async function linkNearest({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `with near as (
       select u.key, n.key as order_key, n.free, row_number() over (partition by n.key order by n.apart, u.line) as place
       from sold_unit u cross join lateral (
         select s.key, s.free, abs(extract(epoch from s.at - u.sold_at)) as apart from order_slot s
         where s.buyer = u.buyer and s.product = u.product and s.free > 0
           and s.at between u.sold_at - $1::interval and u.sold_at + $1::interval
         order by apart, s.key limit 1
       ) n
       where u.order_key is null and u.order_number is null
     )
     update sold_unit u set order_key = near.order_key from near where near.key = u.key and near.place <= near.free`,
    [sameSale],
  )
}

/** The others of a buyer and product, in the order of their times. */
async function linkInOrder({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `with unit as (
       select key, buyer, product, row_number() over (partition by buyer, product order by sold_at nulls last, line) as place
       from sold_unit where order_key is null and order_number is null and buyer is not null
     ), slot as (
       select key, buyer, product, free, sum(free) over (partition by buyer, product order by at, key) as upto
       from order_slot where free > 0
     )
     update sold_unit u set order_key = slot.key
     from unit join slot on slot.buyer = unit.buyer and slot.product = unit.product
       and unit.place > slot.upto - slot.free and unit.place <= slot.upto
     where u.key = unit.key`,
  )
}

async function noteUnlinked(run: ImportRun): Promise<void> {
  const units = await run.tx.query<{ line: number }>('select line from sold_unit where order_key is null order by line')
  noteLines(run, 'stock', {
    about: 'sold_without_order',
    message: 'sold units whose order is not in the export are kept as spoilt: never sold again, in nobody’s history',
    lines: units.rows.map(({ line }) => line),
  })
  const orders = await run.tx.query<{ line: number }>(
    `select o.line from staged_orders o join order_slot s on s.key = o.key
     left join (${linkedUnits}) n on n.order_key = o.key
     where o.was is null and s.quantity > coalesce(n.units, 0) order by o.line`,
  )
  noteLines(run, 'orders', {
    about: 'orders_without_goods',
    message:
      'orders whose goods are not, or not all, in the export: their history shows none, and none can be refunded',
    lines: orders.rows.map(({ line }) => line),
  })
}
