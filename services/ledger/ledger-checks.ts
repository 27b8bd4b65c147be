/**
 * What the ledger and the tables beside it must agree on. Each check is one statement, so that it sees one moment, and
 * gives a row for everything that differs: what it is about, what it should be, what it is. Orders that were imported
 * have entries of their own kind and were sold elsewhere: only their sums are looked at.
 */
export const ledgerChecks = {
  /** Every kept balance is the sum of its transfers. */
  balances: `
    with moved as (
      select account_id, sum(amount) as amount
      from (select to_account as account_id, amount from transfer union all select from_account, - amount from transfer) as legs
      group by account_id
    )
    select 'account ' || a.id || ', ' || a.kind || ' of ' || coalesce(a.customer_id, a.tenant_id) as subject, a.currency,
      coalesce(m.amount, 0)::text as expected, a.balance::text as found
    from account a left join moved m on m.account_id = a.id
    where a.balance is not null and a.balance <> coalesce(m.amount, 0)`,

  /** Every transfer is of an entry, between two accounts of its currency; every entry moves something. */
  entries: `
    select 'transfer ' || t.id || ' of entry ' || t.entry_id as subject, null as currency,
      'an entry and two accounts of ' || t.currency as expected, 'something is missing' as found
    from transfer t left join journal_entry e on e.id = t.entry_id
    left join account f on f.id = t.from_account and f.currency = t.currency
    left join account d on d.id = t.to_account and d.currency = t.currency
    where e.id is null or f.id is null or d.id is null
    union all
    select 'entry ' || e.id || ', ' || e.kind || ' ' || e.reference, null, 'transfers', 'none'
    from journal_entry e where not exists (select from transfer where entry_id = e.id)`,

  /** What is paid of an order left its buyer's account, once, and the agent's part went to its pending profit. */
  orders: `
    with sale as (
      select e.reference, sum(t.amount) as total, coalesce(sum(t.amount) filter (where d.kind = 'pending'), 0) as profit,
        min(f.customer_id) as customer_id, min(t.currency) as currency, count(distinct t.from_account) as sources
      from journal_entry e join transfer t on t.entry_id = e.id join account f on f.id = t.from_account
      join account d on d.id = t.to_account
      where e.kind = 'sale' group by e.id
    ), paid as (
      select id, customer_id, currency, total, markup * quantity as profit from customer_order
      where paid_at is not null and total > 0 and key not like 'import:%'
    )
    select 'order ' || coalesce(o.id::text, s.reference) as subject, coalesce(o.currency, s.currency) as currency,
      coalesce(o.total, 0)::text as expected, coalesce(s.total, 0)::text as found
    from paid o full join sale s on s.reference = o.id::text
    where o.total is distinct from s.total or o.customer_id is distinct from s.customer_id or s.sources <> 1
    union all
    select 'profit in the sale of order ' || o.id, o.currency, o.profit::text, s.profit::text
    from paid o join sale s on s.reference = o.id::text where o.profit <> s.profit`,

  /** What an order says it gave back is what its refunds gave, to the last unit, and the ledger has moved that. */
  refunds: `
    with given as (
      select order_id, sum(amount) as amount, sum(units) as units from order_refund group by order_id
    ), moved as (
      select e.reference, min(t.currency) as currency, sum(t.amount) as amount
      from journal_entry e join transfer t on t.entry_id = e.id where e.kind = 'refund' group by e.id
    )
    select 'order ' || o.id || ', refunded' as subject, o.currency, coalesce(g.amount, 0)::text as expected,
      o.refunded::text as found
    from customer_order o left join given g on g.order_id = o.id
    where o.refunded <> coalesce(g.amount, 0) or o.refunded_units <> coalesce(g.units, 0)
    union all
    select 'refund ' || coalesce(r.id::text, m.reference), coalesce(o.currency, m.currency), coalesce(r.amount, 0)::text,
      coalesce(m.amount, 0)::text
    from (select * from order_refund where amount > 0 and key <> 'import') r
    full join moved m on m.reference = r.order_id || ':' || r.key
    left join customer_order o on o.id = r.order_id
    where r.amount is distinct from m.amount`,

  /** An agent's pending account is the sum of its pending profits, each of which is its order's. */
  profits: `
    with moved as (
      select a.tenant_id, a.currency, sum(case when t.to_account = a.id then t.amount else - t.amount end) as amount
      from account a join transfer t on a.id in (t.from_account, t.to_account)
      where a.kind = 'pending' group by a.tenant_id, a.currency
    ), pending as (
      select tenant_id, currency, sum(amount - reverted) as amount from agent_profit where state = 'pending'
      group by tenant_id, currency
    )
    select 'pending profit of ' || coalesce(p.tenant_id, m.tenant_id) as subject, coalesce(p.currency, m.currency) as currency,
      coalesce(p.amount, 0)::text as expected, coalesce(m.amount, 0)::text as found
    from pending p full join moved m on m.tenant_id = p.tenant_id and m.currency = p.currency
    where coalesce(p.amount, 0) <> coalesce(m.amount, 0)
    union all
    select 'profit of order ' || o.id, o.currency, (o.markup * o.quantity)::text, coalesce(p.amount, 0)::text
    from customer_order o left join agent_profit p on p.order_id = o.id
    where o.key not like 'import:%'
      and coalesce(p.amount, 0) <> case when o.paid_at is null then 0 else o.markup * o.quantity end`,

  /** An order has as many units as it says, sold or kept for it, and those that came back are noted. */
  goods: `
    with held as (
      select order_id, count(*) filter (where state = 'sold') as sold, count(*) filter (where state = 'reserved') as reserved
      from stock_unit where order_id is not null group by order_id
    ), back as (
      select order_id, count(*) as units from refunded_unit group by order_id
    )
    select 'goods of order ' || o.id || ', ' || o.status as subject, null as currency,
      (o.quantity - o.refunded_units) || ' and ' || o.refunded_units || ' back' as expected,
      coalesce(h.sold, 0) || ' sold, ' || coalesce(h.reserved, 0) || ' kept and ' || coalesce(b.units, 0) || ' back' as found
    from customer_order o left join held h on h.order_id = o.id left join back b on b.order_id = o.id
    where o.key not like 'import:%' and (coalesce(b.units, 0) <> o.refunded_units
      or coalesce(h.reserved, 0) <> case o.status when 'reserved' then o.quantity else 0 end
      or coalesce(h.sold, 0) <> case when o.paid_at is null then 0 else o.quantity - o.refunded_units end)`,

  /** What is held of an agent is in its open withdrawals; what was paid out is in those that were paid. */
  withdrawals: `
    with moved as (
      select a.tenant_id, a.kind, a.currency, sum(case when t.to_account = a.id then t.amount else - t.amount end) as amount
      from account a join transfer t on a.id in (t.from_account, t.to_account)
      where a.kind in ('held', 'paid_out') group by a.tenant_id, a.kind, a.currency
    ), asked as (
      select tenant_id, case state when 'paid' then 'paid_out' else 'held' end as kind, currency,
        sum(case state when 'paid' then amount - fee else amount end) as amount
      from withdrawal where state in ('requested', 'approved', 'paid') group by 1, 2, 3
    )
    select coalesce(w.kind, m.kind) || ' of ' || coalesce(w.tenant_id, m.tenant_id) as subject,
      coalesce(w.currency, m.currency) as currency, coalesce(w.amount, 0)::text as expected,
      coalesce(m.amount, 0)::text as found
    from asked w full join moved m on m.tenant_id = w.tenant_id and m.kind = w.kind and m.currency = w.currency
    where coalesce(w.amount, 0) <> coalesce(m.amount, 0)`,

  /** What came in from outside is the sum of the payments. */
  payments: `
    with moved as (
      select a.currency, sum(case when t.from_account = a.id then t.amount else - t.amount end) as amount
      from account a join transfer t on a.id in (t.from_account, t.to_account) where a.kind = 'top_up' group by a.currency
    ), paid as (
      select currency, sum(amount) as amount from payment group by currency
    )
    select 'payments' as subject, coalesce(p.currency, m.currency) as currency, coalesce(p.amount, 0)::text as expected,
      coalesce(m.amount, 0)::text as found
    from paid p full join moved m on m.currency = p.currency where coalesce(p.amount, 0) <> coalesce(m.amount, 0)`,
} as const
export type LedgerCheckName = keyof typeof ledgerChecks
