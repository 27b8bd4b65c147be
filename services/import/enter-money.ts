import { formatAmount } from '../../domain/money.ts'
import { balanceAgents } from './balance-agents.ts'
import { enteredForCustomers } from './entered.ts'
import type { ImportRun } from './import-run.ts'
import { oldCurrency } from './row.ts'

/**
 * The money: every document its own entry of kind `import`, from which account to which, as an operation here would have
 * moved it. What the documents do not explain of a balance goes over the master's `adjustment`, in an entry of the
 * customer's, or agent's, own document. Everything is written by one statement, so that only what it comes to in the end
 * must be there to be spent.
 */
export async function enterMoney(run: ImportRun): Promise<void> {
  const { tx } = run
  await tx.query(
    `create temporary table staged_leg (reference text, tenant_id text, at timestamptz, reason text,
       from_tenant text, from_kind text, from_customer text, to_tenant text, to_kind text, to_customer text, amount bigint)
     on commit drop`,
  )
  await enterOrders(run)
  await enterProfits(run)
  await enterTopUps(run)
  await enterWithdrawals(run)
  await balanceAgents(run)
  await balanceCustomers(run)
  if (run.misfits.count > 0) return
  await tx.query('analyze staged_leg')
  await openAccounts(run)
  await refuseOverdrawn(run)
  if (run.misfits.count > 0) return
  await write(run)
}

/** customer -> revenue what the master takes, customer -> pending what the agent earns (design section 7). */
async function enterOrders({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `insert into staged_leg
     select 'orders:' || s.key, o.tenant_id, o.created_at, 'order ' || s.number, o.tenant_id, 'customer', o.customer_id,
       leg.tenant, leg.kind, null, leg.amount
     from staged_orders s join order_target t on t.key = s.key join customer_order o on o.id = t.order_id
     left join staged_profit p on p.order_id = o.id
     cross join lateral (values ('master', 'revenue', o.total - coalesce(p.amount, 0)),
       (o.tenant_id, 'pending', p.amount - p.taken_back)) as leg (tenant, kind, amount)
     where s.was is null and o.status = 'paid' and leg.amount > 0`,
  )
}

/** pending -> available; the profit of an order that was imported before its profit comes out of the master's revenue. */
async function enterProfits({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `insert into staged_leg
     select 'agent_ledger:' || p.key, p.tenant_id, case when leg.kind = 'pending' then p.created_at else p.matured_at end,
       'profit of order ' || p.number, leg.tenant, leg.kind, null, p.tenant_id, leg.goes_to, null, p.amount - p.taken_back
     from staged_profit p
     cross join lateral (values ('master', 'revenue', 'pending', not exists (
         select from order_target t where t.order_id = p.order_id)),
       (p.tenant_id, 'pending', 'available', p.here = 'matured')) as leg (tenant, kind, goes_to, holds)
     where leg.holds and p.amount > p.taken_back`,
  )
  await tx.query(
    `insert into staged_leg
     select 'agent_ledger:' || d.key || ':matured', d.tenant_id, p.matured_at, 'profit of order ' || d.number, d.tenant_id,
       'pending', null, d.tenant_id, 'available', null, p.amount - p.reverted
     from moved_profit m join imported_document d on d.collection = 'agent_ledger' and d.key = m.key
     join agent_profit p on p.order_id = d.target::bigint`,
  )
}

async function enterTopUps({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `insert into staged_leg
     select 'topups:' || s.key, p.tenant_id, p.at, 'top-up', 'master', 'top_up', null, p.tenant_id, 'customer',
       p.customer_id, p.amount
     from staged_topups s
     join (select key, top_up_id from top_up_target union all select key, id from moved_top_up) t on t.key = s.key
     join payment p on p.top_up_id = t.top_up_id`,
  )
}

/** available -> held; of those that were paid available -> paid out, less the fee, which is the master's. */
async function enterWithdrawals({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `insert into staged_leg
     select 'agent_withdrawals:' || s.key, s.tenant_id, coalesce(s.paid_at, s.requested_at), 'withdrawal ' || s.id,
       s.tenant_id, 'available', null, leg.tenant, leg.kind, null, leg.amount
     from staged_agent_withdrawals s
     cross join lateral (values
       (s.tenant_id, 'held', case when s.state in ('requested', 'approved') then s.amount else 0 end),
       (s.tenant_id, 'paid_out', case when s.state = 'paid' then s.amount - s.fee else 0 end),
       ('master', 'fee_income', case when s.state = 'paid' then s.fee else 0 end)) as leg (tenant, kind, amount)
     where s.was is null and leg.amount > 0`,
  )
  await tx.query(
    `insert into staged_leg
     select 'agent_withdrawals:' || s.key || ':' || s.state, s.tenant_id, now(), 'withdrawal ' || m.id, s.tenant_id, 'held',
       null, leg.tenant, leg.kind, null, leg.amount
     from moved_withdrawal m join staged_agent_withdrawals s on s.key = m.key
     cross join lateral (values
       (s.tenant_id, 'available', case when s.state in ('rejected', 'cancelled') then s.amount else 0 end),
       (s.tenant_id, 'paid_out', case when s.state = 'paid' then s.amount - s.fee else 0 end),
       ('master', 'fee_income', case when s.state = 'paid' then s.fee else 0 end)) as leg (tenant, kind, amount)
     where leg.amount > 0`,
  )
}

/** What is missing to the balance that a user has there, or too much. */
async function balanceCustomers({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `insert into staged_leg
     with moved as (
       select to_customer as customer, amount from staged_leg where to_customer is not null
       union all select from_customer, -amount from staged_leg where from_customer is not null
     ), concerned as (
       select customer as id from moved
       union select d.target from staged_users s join imported_document d on d.collection = 'users' and d.key = s.key
     ), wanted as (
       select d.target as customer, d.tenant_id, min(d.key) as key, sum(d.amount) as amount
       from imported_document d where d.collection = 'users' and d.target in (select id from concerned)
       group by d.target, d.tenant_id
     ), entered as (
       ${enteredForCustomers}
     ), missing as (
       select w.customer, w.tenant_id, w.key,
         w.amount - coalesce(m.amount, 0) - coalesce(e.amount, 0) as amount
       from wanted w
       left join (select customer, sum(amount) as amount from moved group by customer) m on m.customer = w.customer
       left join entered e on e.customer = w.customer
     )
     select 'users:' || key || '@' || pg_current_xact_id(), tenant_id, now(), 'balance of the old system',
       case when amount > 0 then 'master' else tenant_id end, case when amount > 0 then 'adjustment' else 'customer' end,
       case when amount < 0 then customer end, case when amount > 0 then tenant_id else 'master' end,
       case when amount > 0 then 'customer' else 'adjustment' end, case when amount > 0 then customer end, abs(amount)
     from missing where amount <> 0`,
  )
}

async function openAccounts({ tx }: ImportRun): Promise<void> {
  await tx.query(
    `create temporary table leg_account on commit drop as
     select distinct tenant, kind, customer, null::bigint as id from staged_leg
     cross join lateral (values (from_tenant, from_kind, from_customer), (to_tenant, to_kind, to_customer))
       as side (tenant, kind, customer)`,
  )
  await tx.query(
    `insert into account (tenant_id, kind, currency, customer_id, balance)
     select tenant, kind, $1, customer, case when kind in ('customer', 'available', 'held', 'debt') then 0 end
     from leg_account on conflict on constraint account_once do nothing`,
    [oldCurrency],
  )
  await tx.query(
    `update leg_account l set id = a.id from account a
     where a.tenant_id = l.tenant and a.kind = l.kind and a.currency = $1
       and coalesce(a.customer_id, '') = coalesce(l.customer, '')`,
    [oldCurrency],
  )
  await tx.query('analyze leg_account')
}

/** Money that was spent here since an earlier import is not there to be taken back by a later one. */
async function refuseOverdrawn(run: ImportRun): Promise<void> {
  const { rows } = await run.tx.query<{
    tenant: string
    kind: string
    buyer: string | null
    short: string
    line: number
  }>(
    `with moved as (
       select to_tenant as tenant, to_kind as kind, to_customer as customer, amount from staged_leg
       union all select from_tenant, from_kind, from_customer, -amount from staged_leg
     ), net as (
       select tenant, kind, coalesce(customer, '') as customer, sum(amount) as amount from moved group by 1, 2, 3
     )
     select l.tenant, l.kind, c.platform_user_id as buyer, abs(a.balance + net.amount)::text as short,
       coalesce((select min(s.line) from staged_users s where s.tenant_id = c.tenant_id and s.buyer = c.platform_user_id),
         (select min(s.line) from staged_agents s where s.tenant_id = l.tenant), 0) as line
     from net join leg_account l on l.tenant = net.tenant and l.kind = net.kind and coalesce(l.customer, '') = net.customer
     join account a on a.id = l.id left join customer c on c.id = l.customer
     where a.balance is not null and case l.kind when 'debt' then a.balance + net.amount > 0 else a.balance + net.amount < 0 end
     order by 1, 2, 3`,
  )
  for (const { tenant, kind, buyer, short, line } of rows) {
    const collection = buyer === null ? 'agents' : 'users'
    const who = buyer === null ? `the agent's ${kind}` : `the customer ${buyer} of ${tenant}`
    run.misfits.add({
      file: run.files.get(collection)?.name ?? collection,
      line,
      why: `${who} would be short of ${formatAmount(BigInt(short), oldCurrency)}: it was spent here since an earlier import; adjust the balance here first`,
    })
  }
}

async function write({ tx, actor }: ImportRun): Promise<void> {
  await tx.query(
    `insert into journal_entry (kind, reference, tenant_id, at, actor, reason)
     select 'import', reference, min(tenant_id), min(at), $1, min(reason) from staged_leg
     group by reference order by min(at), reference`,
    [actor.name],
  )
  await tx.query(
    `insert into transfer (entry_id, currency, from_account, to_account, amount)
     select e.id, $1, f.id, t.id, l.amount
     from staged_leg l join journal_entry e on e.kind = 'import' and e.reference = l.reference
     join leg_account f on f.tenant = l.from_tenant and f.kind = l.from_kind
       and coalesce(f.customer, '') = coalesce(l.from_customer, '')
     join leg_account t on t.tenant = l.to_tenant and t.kind = l.to_kind
       and coalesce(t.customer, '') = coalesce(l.to_customer, '')
     order by e.id`,
    [oldCurrency],
  )
}
