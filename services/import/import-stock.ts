import { type ImportRun, noteLines, refuseWhere } from './import-run.ts'

/**
 * Units of stock, sealed. Goods that are there twice are stocked once, as sold where one of them was sold. Leaves the
 * temporary tables `staged_unit` and `unit_target` (key, unit_id, state).
 */
export async function importStock(run: ImportRun): Promise<void> {
  const { tx, actor } = run
  await openUnits(run)
  if (!run.files.has('stock')) return
  await refuseOnShelf(run)
  await tx.query(
    `with batch as (
       insert into stock_batch (product_id, source, added, duplicates, by)
       select product, $2, count(*) filter (where is_new), count(*) filter (where not is_new), $1
       from staged_unit group by product having count(*) filter (where is_new) > 0
       returning id, product_id
     ), stored as (
       insert into stock_unit (product_id, batch_id, kind, file_name, key_id, sealed, fingerprint, state, order_id,
         added_at, sold_at)
       select u.product, batch.id, case when u.file_name is null then 'line' else 'file' end, u.file_name, u.key_id,
         u.sealed, u.print, u.here, u.order_id, coalesce(u.added_at, now()), case when u.here = 'sold' then u.sold_at end
       from staged_unit u join batch on batch.product_id = u.product where u.is_new order by u.line
       returning id, product_id, fingerprint, state
     )
     insert into unit_target select u.key, stored.id, stored.state
     from stored join staged_unit u on u.product = stored.product_id and u.print = stored.fingerprint and u.is_new`,
    [actor.name, run.files.get('stock')?.name ?? ''],
  )
  await tx.query('create index on unit_target (key)')
  await tx.query('analyze unit_target')
  await tx.query(
    `insert into refunded_unit (order_id, unit_id, refund_id)
     select u.order_id, t.unit_id, r.id
     from staged_unit u join unit_target t on t.key = u.key join order_refund r on r.order_id = u.order_id and r.key = 'import'
     where u.here = 'spoilt' and u.order_id is not null`,
  )
  await keepKey(run)
  await noteUnits(run)
}

/** What each new unit becomes: `here` is its state, `is_new` whether its goods are not here yet. */
async function openUnits({ tx }: ImportRun): Promise<void> {
  await tx.query('create temporary table unit_target (key text, unit_id bigint, state text) on commit drop')
  await tx.query(
    `create temporary table staged_unit on commit drop as
     select s.line, s.key, s.product, s.file_name, s.key_id, s.sealed, decode(s.fingerprint, 'base64') as print, s.state,
       s.added_at, coalesce(s.sold_at, o.created_at) as sold_at, o.id as order_id,
       case when s.state = 'available' then 'available' when o.status in ('paid', 'partly_refunded') then 'sold'
         else 'spoilt' end as here,
       row_number() over (partition by s.product, s.fingerprint
         order by (s.state = 'sold') desc, (o.id is not null) desc, s.state <> 'available' desc, s.line) = 1
       and not exists (select from stock_unit there
         where there.product_id = s.product and there.fingerprint = decode(s.fingerprint, 'base64')) as is_new
     from staged_stock s
     left join sold_unit u on u.key = s.key
     left join order_target t on t.key = u.order_key
     left join imported_document d on d.collection = 'orders' and d.key = u.order_key
     left join customer_order o on o.id = coalesce(t.order_id, d.target::bigint)
     where s.was is null`,
  )
  await tx.query('create index on staged_unit (product, print)')
  await tx.query('create index on staged_unit (key)')
  await tx.query('analyze staged_unit')
}

/** Goods that were sold there, and that somebody has put on the shelf here. */
async function refuseOnShelf(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'stock',
    `select s.line, format('it was sold there, but its goods can be bought here as unit %s: take that off the shelf first', u.id) as why
     from staged_unit s join stock_unit u on u.product_id = s.product and u.fingerprint = s.print
     where s.state <> 'available' and not s.is_new and u.state = 'available' order by s.line`,
  )
}

/** The key that sealed is in use: a rotation that believes itself at its end looks again. */
async function keepKey(run: ImportRun): Promise<void> {
  await run.tx.query(
    `insert into key_fingerprint (key_id) values ($1) on conflict (key_id) do update set retired_at = null
     where key_fingerprint.retired_at is not null`,
    [run.keyring.activeKeyId],
  )
}

async function noteUnits(run: ImportRun): Promise<void> {
  const { rows } = await run.tx.query<{ line: number; state: string; is_new: boolean }>(
    `select line, state, is_new from staged_unit where not is_new or state = 'reserved' order by line`,
  )
  noteLines(run, 'stock', {
    about: 'duplicates',
    message: 'units whose goods are in stock already, or were sold, were left out',
    lines: rows.filter((row) => !row.is_new).map(({ line }) => line),
  })
  noteLines(run, 'stock', {
    about: 'reserved',
    message: 'units that were reserved in the old system are kept as spoilt: look whether they were delivered',
    lines: rows.filter((row) => row.is_new && row.state === 'reserved').map(({ line }) => line),
  })
}
