import { type ImportRun, noteLines } from './import-run.ts'
import { oldCollections } from './old-collections.ts'

/**
 * Follows documents that have gone forward since they were imported (check-changes.ts). Where the same step was made here
 * meanwhile, nothing is done twice: `entered_state` says how far imports have moved the money.
 * Leaves temporary tables `moved_profit`, `moved_withdrawal` and `moved_top_up` (key) with what was moved here.
 * @returns how many documents have changed.
 */
export async function applyChanges(run: ImportRun): Promise<number> {
  await moveProfits(run)
  await moveWithdrawals(run)
  await moveTopUps(run)
  await moveStock(run)
  const { rows } = await run.tx.query<{ line: number }>(
    'select line from staged_products where was is not null order by line',
  )
  noteLines(run, 'products', {
    about: 'products_here',
    message: 'products that have changed there stay as they are here',
    lines: rows.map(({ line }) => line),
  })
  return recordChanges(run)
}

async function moveProfits({ tx }: ImportRun): Promise<void> {
  await tx.query('create temporary table moved_profit (key text) on commit drop')
  await tx.query(
    `with matured as (
       update agent_profit p set state = 'matured', matured_at = coalesce(s.matured_at, s.mature_at)
       from staged_agent_ledger s join imported_document d on d.collection = 'agent_ledger' and d.key = s.key
       where s.was = 'pending' and s.state in ('matured', 'withdrawn') and p.order_id = d.target::bigint
         and p.state = 'pending'
       returning s.key
     )
     insert into moved_profit select key from matured`,
  )
}

async function moveWithdrawals({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `create temporary table moved_withdrawal on commit drop as
     select s.key, w.id from staged_agent_withdrawals s
     join imported_document d on d.collection = 'agent_withdrawals' and d.key = s.key join withdrawal w on w.id = d.target
     where s.was is not null and s.state <> s.was and w.state = s.was`,
  )
  const moved = 'from staged_agent_withdrawals s join moved_withdrawal m on m.key = s.key'
  await tx.query(
    `insert into withdrawal_approval (withdrawal_id, approver, actor, at)
     select m.id, coalesce(s.reviewed_by, 'old system'), coalesce(s.reviewed_by, 'old system'),
       coalesce(s.reviewed_at, s.requested_at)
     ${moved} where s.was = 'requested' and s.state in ('approved', 'paid') on conflict do nothing`,
  )
  await tx.query(
    `update withdrawal w set state = case when s.state = 'paid' then 'approved' else s.state end,
       reviewed_at = coalesce(s.reviewed_at, now()), reviewed_by = coalesce(s.reviewed_by, 'old system'),
       reason = case when s.state = 'rejected' then coalesce(s.reason, 'no reason was recorded') end
     ${moved} where w.id = m.id and (s.was = 'requested' or s.state = 'rejected')`,
  )
  await tx.query(
    `update withdrawal w set state = 'paid', paid_at = s.paid_at, paid_by = coalesce(s.paid_by, 'old system'),
       txid = coalesce(s.txid, 'not recorded: ' || w.id)
     ${moved} where w.id = m.id and s.state = 'paid'`,
  )
}

async function moveTopUps({ tx, actor }: ImportRun): Promise<void> {
  await tx.query(
    `create temporary table moved_top_up on commit drop as
     select s.key, t.id from staged_topups s join imported_document d on d.collection = 'topups' and d.key = s.key
     join top_up t on t.id = d.target::bigint
     where s.was = 'requested' and s.state <> 'requested' and t.state <> s.state`,
  )
  await tx.query(
    `insert into payment (provider, external_id, top_up_id, tenant_id, customer_id, currency, amount, at, actor)
     select 'import', left(coalesce(s.external_id, s.key), 200), t.id, t.tenant_id, t.customer_id, t.currency, t.amount,
       coalesce(s.ended_at, now()), $1
     from staged_topups s join moved_top_up m on m.key = s.key join top_up t on t.id = m.id where s.state = 'confirmed'`,
    [actor.name],
  )
  await tx.query(
    `update top_up t set state = s.state, ended_at = coalesce(s.ended_at, now()), ended_by = $1,
       reason = case when s.state = 'rejected' then 'rejected in the old system' end
     from staged_topups s join moved_top_up m on m.key = s.key where t.id = m.id`,
    [actor.name],
  )
}

async function moveStock({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `update stock_unit unit set state = case when o.status in ('paid', 'partly_refunded') then 'sold' else 'spoilt' end,
       order_id = o.id, sold_at = case when o.status in ('paid', 'partly_refunded') then coalesce(s.sold_at, o.created_at) end
     from staged_stock s join imported_document d on d.collection = 'stock' and d.key = s.key
     left join sold_unit u on u.key = s.key
     left join order_target t on t.key = u.order_key
     left join imported_document w on w.collection = 'orders' and w.key = u.order_key
     left join customer_order o on o.id = coalesce(t.order_id, w.target::bigint)
     where s.was = 'available' and s.state <> 'available' and unit.id = d.target::bigint and unit.state = 'available'`,
  )
}

/** What was moved here is entered from now on as it stands there; what had been moved already is not. */
async function recordChanges({ tx }: ImportRun): Promise<number> {
  let changed = 0
  for (const collection of Object.keys(oldCollections)) {
    const moved: Readonly<Record<string, string>> = {
      agent_ledger: `case when d.key in (select key from moved_profit) then 'matured' else d.entered_state end`,
      agent_withdrawals: 'case when d.key in (select key from moved_withdrawal) then s.state else d.entered_state end',
      topups: 'case when d.key in (select key from moved_top_up) then s.state else d.entered_state end',
    }
    const { rowCount } = await tx.query(
      `update imported_document d set digest = s.digest, state = s.state, amount = s.amount, details = d.details || s.details,
         entered_state = ${moved[collection] ?? 'd.entered_state'}
       from staged_${collection} s where s.was is not null and d.collection = $1 and d.key = s.key`,
      [collection],
    )
    changed += rowCount
  }
  return changed
}
