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

-- A balance is kept only where somebody may spend from it, or owes: the others are sums of their transfers, so that no
-- sale waits for another one's revenue.
create table account (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  kind text not null check (kind in ('customer', 'available', 'held', 'debt', 'pending', 'revenue', 'fee_income',
    'paid_out', 'top_up', 'adjustment')),
  customer_id text,
  currency text not null references currency (code),
  balance bigint,
  created_at timestamptz not null default now(),
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  constraint account_of_customer check ((kind = 'customer') = (customer_id is not null)),
  constraint account_keeps_balance check ((kind in ('customer', 'available', 'held', 'debt')) = (balance is not null)),
  -- A debt is a balance below zero.
  constraint account_never_overdrawn check (case when kind = 'debt' then balance <= 0 else balance >= 0 end),
  constraint account_once unique nulls not distinct (tenant_id, kind, customer_id, currency),
  constraint account_of_currency unique (id, currency)
);

create table journal_entry (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('sale', 'refund', 'mature', 'top_up', 'adjustment', 'withdrawal_request',
    'withdrawal_release', 'withdrawal_payment', 'import')),
  -- The fact itself: the same one is never written again.
  reference text not null,
  tenant_id text not null references tenant (id),
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  reason text,
  -- Transfers belong to the transaction that wrote their entry.
  written_in xid8 not null default pg_current_xact_id(),
  constraint journal_entry_once unique (kind, reference)
);
create index journal_entry_tenant on journal_entry (tenant_id, id desc);

create table transfer (
  id bigint generated always as identity primary key,
  entry_id bigint not null references journal_entry (id),
  currency text not null,
  from_account bigint not null,
  to_account bigint not null,
  amount bigint not null check (amount > 0),
  foreign key (from_account, currency) references account (id, currency),
  foreign key (to_account, currency) references account (id, currency),
  constraint transfer_between_two check (from_account <> to_account)
);
create index transfer_entry on transfer (entry_id);
create index transfer_from on transfer (from_account, id desc);
create index transfer_to on transfer (to_account, id desc);

create trigger journal_entry_append_only before update or delete on journal_entry
  for each row execute function refuse_change();
create trigger journal_entry_no_truncate before truncate on journal_entry
  for each statement execute function refuse_change();
create trigger transfer_append_only before update or delete on transfer for each row execute function refuse_change();
create trigger transfer_no_truncate before truncate on transfer for each statement execute function refuse_change();

-- Balances move with the transfers, in the same statement: accounts are locked in the order of their ids.
create function apply_transfers() returns trigger language plpgsql as $$
begin
  if exists (select from added join journal_entry e on e.id = added.entry_id
             where e.written_in <> pg_current_xact_id()) then
    raise exception 'a journal entry is closed when its transaction ends' using errcode = 'restrict_violation';
  end if;
  perform from account
    where balance is not null and id in (select from_account from added union select to_account from added)
    order by id for update;
  update account set balance = account.balance + moved.amount
  from (
    select account_id, sum(amount) as amount
    from (select to_account as account_id, amount from added union all select from_account, -amount from added) as legs
    group by account_id
  ) as moved
  where account.id = moved.account_id and account.balance is not null;
  return null;
end $$;
create trigger transfer_moves_balances after insert on transfer
  referencing new table as added for each statement execute function apply_transfers();

create function guard_account() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' and (new.balance is null or new.balance = 0) then
    return new;
  end if;
  raise exception 'an account begins with nothing, and is never changed or removed' using errcode = 'restrict_violation';
end $$;
create trigger account_guarded before insert or delete or update of id, tenant_id, kind, customer_id, currency, created_at
  on account for each row execute function guard_account();
create trigger account_no_truncate before truncate on account for each statement execute function refuse_change();

create function guard_balance() returns trigger language plpgsql as $$
begin
  -- One trigger deep is somebody's own statement; two deep is the one that moves transfers.
  if pg_trigger_depth() > 1 then
    return new;
  end if;
  raise exception 'a balance changes by transfers only' using errcode = 'restrict_violation';
end $$;
create trigger balance_guarded before update of balance on account for each row execute function guard_balance();
