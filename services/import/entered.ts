/** What imports have moved so far, as statements ask for it. */

const movedByImports = `(select to_account as account_id, entry_id, amount from transfer
    union all select from_account, entry_id, -amount from transfer) as t
  join journal_entry e on e.id = t.entry_id and e.kind = 'import'
  join account a on a.id = t.account_id`

/**
 * A subquery (customer, amount): what imports have brought to each customer. A payment that was credited by both systems
 * counts as brought, though no import moved it.
 */
export const enteredForCustomers = `select customer, sum(amount) as amount from (
    select a.customer_id as customer, t.amount from ${movedByImports} where a.kind = 'customer'
    union all
    select p.customer_id, p.amount from imported_document d join payment p on p.top_up_id = d.target::bigint
    where d.collection = 'topups' and d.state = 'confirmed' and d.entered_state <> 'confirmed'
  ) as brought group by customer`

/**
 * A subquery (tenant, kind, amount) of agents' accounts: what imports have brought to each, and what steps that were made
 * here as well as there have moved.
 */
export const enteredForAgents = `select tenant, kind, sum(amount) as amount from (
    select a.tenant_id as tenant, a.kind::text as kind, t.amount from ${movedByImports}
    where a.tenant_id like 'agent:%' and a.kind <> 'customer'
    union all
    select d.tenant_id, leg.kind, leg.amount
    from imported_document d cross join lateral (values
      ('pending', - (d.amount - coalesce((d.details ->> 'taken_back')::bigint, 0))),
      ('available', d.amount - coalesce((d.details ->> 'taken_back')::bigint, 0))) as leg (kind, amount)
    where d.collection = 'agent_ledger' and d.state in ('matured', 'withdrawn') and d.entered_state = 'pending'
    union all
    select d.tenant_id, leg.kind, leg.amount
    from imported_document d cross join lateral (values
      ('held', - d.amount),
      ('available', case when d.state = 'paid' then 0 else d.amount end),
      ('paid_out', case when d.state = 'paid' then d.amount - (d.details ->> 'fee')::bigint else 0 end)) as leg (kind, amount)
    where d.collection = 'agent_withdrawals' and d.state in ('paid', 'rejected', 'cancelled')
      and d.entered_state in ('requested', 'approved')
  ) as brought group by tenant, kind`
