import type { ImportRun } from './import-run.ts'
import { oldCurrency } from './row.ts'

/**
 * Agents' profits: those of `agent_ledger` by their order, pending with the time they mature or matured, less what was
 * taken back; and those that an order says of an agent who only counts them, which were available at once (seed 001).
 * Leaves the temporary table `staged_profit` (key, tenant_id, number, order_id, amount, taken_back, here).
 */
export async function importProfits(run: ImportRun): Promise<void> {
  const { tx } = run
  await tx.query(
    `create temporary table staged_profit on commit drop as
     with taken_back as (
       select number, sum(amount)::bigint as amount from staged_agent_ledger where state = 'refund' group by number
     )
     select s.key, s.tenant_id, s.number, coalesce(t.order_id, d.target::bigint) as order_id, s.amount,
       case when s.state = 'reverted' then s.amount else least(s.amount, coalesce(r.amount, 0)) end as taken_back,
       case when s.state = 'reverted' or r.amount >= s.amount then 'reverted'
         when s.state = 'pending' then 'pending' else 'matured' end as here,
       s.created_at, s.mature_at, coalesce(s.matured_at, s.mature_at) as matured_at
     from staged_agent_ledger s
     left join taken_back r on r.number = s.number
     left join staged_orders o on o.number = s.number and o.was is null
     left join order_target t on t.key = o.key
     left join imported_document d on d.collection = 'orders' and d.number = s.number
     where s.state <> 'refund' and s.was is null and s.amount > 0`,
  )
  await tx.query('create index on staged_profit (order_id)')
  await tx.query('create index on staged_profit (key)')
  await tx.query('analyze staged_profit')
  await tx.query(
    `insert into staged_profit
     select 'order:' || o.key, o.tenant_id, o.number, t.order_id, o.markup * o.quantity,
       case when o.is_refunded then o.markup * o.quantity else 0 end, case when o.is_refunded then 'reverted' else 'matured' end,
       o.at, o.at, o.at
     from staged_orders o join order_target t on t.key = o.key
     where o.was is null and o.markup > 0 and o.state <> 'cancelled'
       and not exists (select from staged_profit p where p.order_id = t.order_id)`,
  )
  await tx.query(
    `insert into agent_profit (order_id, tenant_id, currency, amount, reverted, state, created_at, mature_at, matured_at)
     select order_id, tenant_id, $1, amount, taken_back, here, created_at, mature_at,
       case when here = 'matured' then matured_at end
     from staged_profit`,
    [oldCurrency],
  )
}
