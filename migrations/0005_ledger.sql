-- Up Migration
-- Money (design section 7): transfers of a positive amount between two accounts of one currency, grouped by the business
-- fact that they belong to. What is written here cannot be unbalanced, changed, or written twice for the same fact.

create table currency (
  code text primary key check (code ~ '^[A-Z]{3,6}$'),
  -- Digits behind the point: amounts are whole numbers of the smallest unit.
  scale smallint not null check (scale between 0 and 9)
);
insert into currency (code, scale) values ('USDT', 6), ('IRR', 0);
create trigger currency_never_changes before update or delete on currency
  for each row execute function refuse_change();

alter table customer add constraint customer_of_tenant unique (id, tenant_id);

-- Words and amounts are domains in the tables that every order writes: Postgres reads a check of a table anew for every
-- statement that writes there, a domain's once.
create domain amount_above_zero as bigint check (value > 0);
create domain amount_from_zero as bigint check (value >= 0);
create domain account_kind as text check (value in ('customer', 'available', 'held', 'debt', 'pending', 'revenue',
  'fee_income', 'paid_out', 'top_up', 'adjustment'));
create domain entry_kind as text check (value in ('sale', 'refund', 'mature', 'top_up', 'adjustment',
  'withdrawal_request', 'withdrawal_release', 'withdrawal_payment', 'import'));

-- What a trigger's own condition finds wrong; the trigger gives the words.
create function refuse() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0] using errcode = 'restrict_violation';
end $$;

-- A balance is kept only where somebody may spend from it, or owes: the others are sums of their transfers, so that no
-- sale waits for another one's revenue.
create table account (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  kind account_kind not null,
  customer_id text,
  currency text not null references currency (code),
  balance bigint,
  created_at timestamptz not null default now(),
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  -- A debt is a balance below zero.
  constraint account_never_overdrawn check (case kind when 'debt' then - balance else balance end >= 0),
  constraint account_once unique nulls not distinct (tenant_id, kind, customer_id, currency)
);
create trigger account_of_customer before insert on account for each row
  when ((new.kind = 'customer') <> (new.customer_id is not null))
  execute function refuse('a customer has an account, and nobody else has one of that kind');
create trigger account_keeps_balance before insert on account for each row
  when ((new.kind in ('customer', 'available', 'held', 'debt')) <> (new.balance is not null))
  execute function refuse('a balance is kept of what can be spent or is owed, and of nothing else');
create trigger account_begins_empty before insert on account for each row when (new.balance <> 0)
  execute function refuse('an account begins with nothing');
create trigger account_never_changes before delete or update of id, tenant_id, kind, customer_id, currency, created_at
  on account for each row execute function refuse('an account is never changed or removed');
create trigger account_no_truncate before truncate on account for each statement execute function refuse_change();
-- Not below any trigger is somebody's own statement; one deep is the one that moves transfers.
create trigger account_balance_moves_by_transfers before update of balance on account for each row
  when (pg_trigger_depth() = 0) execute function refuse('a balance changes by transfers only');

create table journal_entry (
  id bigint generated always as identity primary key,
  kind entry_kind not null,
  -- The fact itself: the same one is never written again.
  reference text not null,
  -- Whose it is: the tenant of an account that it moves (apply_transfers).
  tenant_id text not null,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  reason text,
  -- Transfers belong to the transaction that wrote their entry.
  written_in xid8 not null default pg_current_xact_id(),
  constraint journal_entry_once unique (kind, reference)
);
create index journal_entry_tenant on journal_entry (tenant_id, id desc);

-- No foreign keys: apply_transfers asks for more than they would, and does not lock the accounts that every sale has in
-- common. Neither entries nor accounts are ever removed.
create table transfer (
  id bigint generated always as identity,
  entry_id bigint not null,
  currency text not null,
  from_account bigint not null,
  to_account bigint not null,
  amount amount_above_zero not null,
  primary key (entry_id, from_account, to_account),
  constraint transfer_between_two check (from_account <> to_account)
);
create index transfer_from on transfer (from_account, entry_id desc);
create index transfer_to on transfer (to_account, entry_id desc);

create trigger journal_entry_append_only before update or delete on journal_entry
  for each row execute function refuse_change();
create trigger journal_entry_no_truncate before truncate on journal_entry
  for each statement execute function refuse_change();
create trigger transfer_append_only before update or delete on transfer for each row execute function refuse_change();
create trigger transfer_no_truncate before truncate on transfer for each statement execute function refuse_change();

-- Balances move with the transfers, in the same statement: accounts are locked in the order of their ids.
create function apply_transfers() returns trigger language plpgsql as $$
declare
  found record;
begin
  select
    count(*) filter (where e.id is null or f.id is null or t.id is null
      or f.currency <> added.currency or t.currency <> added.currency
      or e.tenant_id not in (f.tenant_id, t.tenant_id)) as wrong,
    count(t.balance) as tracked_targets, min(f.id) filter (where f.balance is not null) as first_source,
    max(f.id) filter (where f.balance is not null) as last_source,
    sum(added.amount) filter (where f.balance is not null) as taken
  into found
  from added
  left join journal_entry e on e.id = added.entry_id and e.written_in = pg_current_xact_id()
  left join account f on f.id = added.from_account
  left join account t on t.id = added.to_account;
  if found.wrong > 0 then
    raise exception 'a transfer needs an entry of its own transaction and two accounts of its currency, one of them of the tenant'
      using errcode = 'restrict_violation';
  end if;
  if found.tracked_targets = 0 and found.first_source = found.last_source then
    -- A sale: one balance moves.
    update account set balance = balance - found.taken where id = found.first_source;
    return null;
  end if;
  with moved as materialized (
    select account_id, sum(amount) as amount
    from (select to_account as account_id, amount from added union all select from_account, -amount from added) as legs
    group by account_id
  ), locked as materialized (
    select id from account where balance is not null and id in (select account_id from moved) order by id for update
  )
  update account set balance = account.balance + moved.amount
  from locked join moved on moved.account_id = locked.id
  where account.id = locked.id;
  return null;
end $$;
create trigger transfer_moves_balances after insert on transfer
  referencing new table as added for each statement execute function apply_transfers();

-- What moved an account, newest first: what came less what went, by entry, of the entries before one.
create function moves_of(of_account bigint, before bigint, at_most integer)
returns table (entry_id bigint, amount bigint) language sql stable as $$
  select side.entry_id, sum(side.amount)::bigint
  from (
    (select t.entry_id, - sum(t.amount) as amount from transfer t
     where t.from_account = of_account and t.entry_id < coalesce(before, 9223372036854775807)
     group by t.entry_id order by t.entry_id desc limit at_most)
    union all
    (select t.entry_id, sum(t.amount) from transfer t
     where t.to_account = of_account and t.entry_id < coalesce(before, 9223372036854775807)
     group by t.entry_id order by t.entry_id desc limit at_most)
  ) as side
  group by side.entry_id order by side.entry_id desc limit at_most
$$;
