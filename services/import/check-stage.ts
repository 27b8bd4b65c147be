import { type ImportRun, refuseWhere } from './import-run.ts'
import { type OldCollection, oldCollections } from './old-collections.ts'

/** Finds documents that contradict one another, before anything is written. */
export async function checkStage(run: ImportRun): Promise<void> {
  for (const collection of Object.keys(oldCollections) as OldCollection[]) await refuseSameKeys(run, collection)
  await refuseUnknownTenants(run)
  await refuseTwice(run, 'agents', {
    columns: 'tenant_id',
    field: 'agent_id',
    shown: `replace(tenant_id, 'agent:', '')`,
  })
  await refuseTwice(run, 'users', {
    columns: 'tenant_id, buyer',
    field: 'user_id',
    shown: `buyer || ' of ' || tenant_id`,
  })
  await refuseTwice(run, 'products', { columns: 'product', field: 'nowuid', shown: 'product' })
  await refuseTwice(run, 'categories', { columns: 'number', field: 'uid', shown: 'number' })
  await refuseTwice(run, 'orders', { columns: 'number', field: 'bianhao', shown: 'number' })
  await refuseTwice(run, 'agent_withdrawals', { columns: 'id', field: 'request_id', shown: 'id' })
  await refuseTwice(run, 'agent_withdrawals', { columns: 'txid', field: 'txid', shown: 'txid' })
  await refuseTwice(run, 'topups', { columns: 'external_id', field: 'txid', shown: 'external_id' })
  await refuseImportedTwice(run)
  await checkLedger(run)
}

async function refuseSameKeys(run: ImportRun, collection: OldCollection): Promise<void> {
  await refuseWhere(
    run,
    collection,
    `select line, format('it has the same _id as line %s', first) as why from (
       select line, min(line) over (partition by key) as first from seen_document where collection = $1
     ) as s where line <> first order by line`,
    [collection],
  )
}

/** Two documents that say they are the same thing, each under its own `_id`. */
async function refuseTwice(
  run: ImportRun,
  collection: OldCollection,
  same: { readonly columns: string; readonly field: string; readonly shown: string },
): Promise<void> {
  const { columns, field, shown } = same
  await refuseWhere(
    run,
    collection,
    `select line, format('its %s %s stands in line %s, too', $1::text, shown, first) as why from (
       select line, key, ${shown} as shown, first_value(line) over same as first, first_value(key) over same as first_key
       from staged_${collection} where (${columns}) is not null
       window same as (partition by ${columns} order by line)
     ) as s where key <> first_key order by line`,
    [field],
  )
}

async function refuseUnknownTenants(run: ImportRun): Promise<void> {
  if (run.misfits.isIn(run.files.get('agents')?.name)) return
  for (const collection of ['users', 'orders', 'topups', 'agent_ledger', 'agent_withdrawals'] as const) {
    await refuseWhere(
      run,
      collection,
      `select line, format('its agent %s is not among the agents', replace(tenant_id, 'agent:', '')) as why
       from staged_${collection} s
       where not exists (select from tenant where id = s.tenant_id)
         and not exists (select from staged_agents a where a.tenant_id = s.tenant_id) order by line`,
    )
  }
}

/** New documents that claim what an earlier import, or somebody here, has already. */
async function refuseImportedTwice(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'users',
    `select s.line, format('the user %s of %s was imported before, under another _id', s.buyer, s.tenant_id) as why
     from staged_users s
     join customer c on c.tenant_id = s.tenant_id and c.platform = 'telegram' and c.platform_user_id = s.buyer
     join imported_document d on d.collection = 'users' and d.target = c.id and d.state = 'there' and d.key <> s.key
     order by s.line`,
  )
  await refuseWhere(
    run,
    'orders',
    `select s.line, format('the order %s was imported before, under another _id', s.number) as why from staged_orders s
     join imported_document d on d.collection = 'orders' and d.number = s.number and d.key <> s.key order by s.line`,
  )
  await refuseWhere(
    run,
    'agent_withdrawals',
    `select s.line, case when w.id = s.id then format('the withdrawal %s is here already', w.id)
       else format('its txid stands in the withdrawal %s here, too', w.id) end as why
     from staged_agent_withdrawals s join withdrawal w on w.id = s.id or (w.txid = s.txid and s.state = 'paid')
     where s.was is null order by s.line`,
  )
  await refuseWhere(
    run,
    'topups',
    `select s.line, 'its payment was credited here already' as why from staged_topups s
     join payment p on p.provider = 'import' and p.external_id = left(coalesce(s.external_id, s.key), 200)
     where s.was is null and s.state = 'confirmed' order by s.line`,
  )
}

/** Each profit needs its order, once; what is taken back needs its profit. */
async function checkLedger(run: ImportRun): Promise<void> {
  if (!run.misfits.isIn(run.files.get('orders')?.name)) await refuseWithoutOrder(run)
  await refuseTwoProfits(run)
  if (!run.misfits.isIn(run.files.get('agent_ledger')?.name)) await refuseWithoutProfit(run)
}

async function refuseWithoutOrder(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'agent_ledger',
    `select s.line, case when o.number is null and d.number is null then format('its order %s is not among the orders', s.number)
       else format('its order %s was cancelled', s.number) end as why
     from staged_agent_ledger s
     left join staged_orders o on o.number = s.number
     left join imported_document d on d.collection = 'orders' and d.number = s.number
     where s.was is null and s.amount > 0 and coalesce(o.state, d.state, 'cancelled') = 'cancelled' order by s.line`,
  )
}

async function refuseTwoProfits(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'agent_ledger',
    `with sale as (
       select line, key, number, was, first_value(key) over (partition by number order by line) as first
       from staged_agent_ledger where state <> 'refund'
     )
     select s.line, format('its order %s has another profit', s.number) as why
     from sale s left join imported_document d on d.collection = 'agent_ledger' and d.number = s.number
       and d.state <> 'refund' and d.key <> s.key
     where s.was is null and (s.key <> s.first or d.key is not null)
     order by s.line`,
  )
}

async function refuseWithoutProfit(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'agent_ledger',
    `select min(r.line) as line, case when s.amount is null
         then format('the sale of order %s, which it takes back, is not among the new entries: refund the order here', r.number)
         else format('more than the profit of order %s is taken back', r.number) end as why
     from staged_agent_ledger r
     left join staged_agent_ledger s on s.number = r.number and s.state <> 'refund' and s.was is null
     where r.state = 'refund' and r.was is null group by r.number, s.amount
     having s.amount is null or sum(r.amount) > s.amount order by 1`,
  )
}
