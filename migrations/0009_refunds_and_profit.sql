-- Up Migration
-- Refunds, the maturing of profit, withdrawals, top-ups and adjustments: each one function, one round trip.

create table order_refund (
  id bigint generated always as identity primary key,
  order_id bigint not null references customer_order (id),
  key text not null check (length(key) between 1 and 200),
  units integer not null check (units > 0),
  amount bigint not null check (amount >= 0),
  restocked boolean not null,
  reason text,
  actor text not null,
  at timestamptz not null default clock_timestamp(),
  constraint order_refund_once unique (order_id, key),
  constraint order_refund_of_order unique (order_id, id)
);
create trigger order_refund_append_only before update or delete on order_refund
  for each row execute function refuse_change();
create trigger order_refund_no_truncate before truncate on order_refund
  for each statement execute function refuse_change();

-- The goods that came back: no unit of an order is refunded twice.
create table refunded_unit (
  order_id bigint not null,
  unit_id bigint not null references stock_unit (id),
  refund_id bigint not null,
  primary key (order_id, unit_id),
  foreign key (order_id, refund_id) references order_refund (order_id, id)
);
create index refunded_unit_of_unit on refunded_unit (unit_id);
create trigger refunded_unit_append_only before update or delete on refunded_unit
  for each row execute function refuse_change();
create trigger refunded_unit_no_truncate before truncate on refunded_unit
  for each statement execute function refuse_change();

-- Which goods an order got, also after some came back to the shelf.
create view order_unit with (security_invoker = true) as
  select order_id, id as unit_id, null::timestamptz as refunded_at from stock_unit where state = 'sold'
  union all
  select u.order_id, u.unit_id, r.at from refunded_unit u join order_refund r on r.id = u.refund_id;

-- Gives units of an order back: all that are left when `unit_ids` is null. What the agent earned by them comes from its
-- pending profit, else from what it has available, else it is owed (facts/money.md). Delivered goods are spoilt, unless
-- somebody says that they are unused. Asked again with the same key it says the same.
create function refund_order(
  of_order bigint, unit_ids bigint[], with_key text, restock boolean, why text, by_actor text
) returns order_refund language plpgsql as $$
declare
  o customer_order;
  done order_refund;
  profit agent_profit;
  units bigint[];
  given integer;
  amount bigint;
  from_agent bigint;
  buyer_account bigint;
  available_account bigint;
  debt_account bigint;
  free bigint := 0;
begin
  select * into o from customer_order where id = of_order for update;
  if o.id is null then
    raise exception 'no order %', of_order using errcode = 'BF404';
  end if;
  select * into done from order_refund where order_id = of_order and key = with_key;
  if done.id is not null then
    if restock <> done.restocked or exists (
      select from refunded_unit where refund_id = done.id and unit_id <> all(unit_ids)
    ) or cardinality(unit_ids) <> done.units then
      raise exception 'this key belongs to another refund' using errcode = 'BF409';
    end if;
    return done;
  end if;
  select array_agg(id order by id) into units from stock_unit
  where order_id = of_order and state = 'sold' and (unit_ids is null or id = any(unit_ids));
  given := coalesce(cardinality(units), 0);
  if o.status not in ('paid', 'partly_refunded') or given = 0 or given <> coalesce(cardinality(unit_ids), given) then
    raise exception 'order % is %: nothing of that to refund', of_order, o.status using errcode = 'BF409';
  end if;
  -- By what has been given back in all, so that parts add up to the whole whatever their order.
  amount := div(o.total::numeric * (o.refunded_units + given), o.quantity) - o.refunded;
  from_agent := o.markup * given;
  select * into profit from agent_profit where order_id = of_order for update;
  buyer_account := account_of(o.tenant_id, 'customer', o.currency, o.customer_id);
  if profit.state = 'matured' then
    available_account := account_of(o.tenant_id, 'available', o.currency);
    debt_account := account_of(o.tenant_id, 'debt', o.currency);
  end if;
  perform from account where id in (buyer_account, available_account, debt_account) order by id for update;
  if profit.state = 'matured' then
    select least(balance, from_agent) into free from account where id = available_account;
  end if;
  if amount > 0 then
    with entry as (
      insert into journal_entry (kind, reference, tenant_id, actor, reason)
      values ('refund', of_order || ':' || with_key, o.tenant_id, by_actor, why) returning id
    )
    insert into transfer (entry_id, currency, from_account, to_account, amount)
    select entry.id, o.currency, leg.account, buyer_account, leg.amount
    from entry, (values (account_of('master', 'revenue', o.currency), amount - from_agent),
      (case when profit.state = 'pending' then account_of(o.tenant_id, 'pending', o.currency) else available_account end,
        case when profit.state = 'pending' then from_agent else free end),
      (debt_account, case when profit.state = 'pending' then 0 else from_agent - free end)) as leg (account, amount)
    where leg.amount > 0;
  end if;
  if profit.state = 'pending' then
    update agent_profit set reverted = reverted + from_agent,
      state = case when reverted + from_agent = agent_profit.amount then 'reverted' else 'pending' end
    where order_id = of_order;
  end if;
  update stock_unit set state = case when restock then 'available' else 'spoilt' end,
    order_id = case when not restock then order_id end, sold_at = case when not restock then sold_at end
  where id = any(units);
  update customer_order set refunded_units = refunded_units + given, refunded = refunded + amount,
    status = case when refunded_units + given = quantity then 'refunded' else 'partly_refunded' end
  where id = of_order;
  insert into order_refund (order_id, key, units, amount, restocked, reason, actor)
  values (of_order, with_key, given, amount, restock, why, by_actor) returning * into done;
  insert into refunded_unit (order_id, unit_id, refund_id) select of_order, unnest(units), done.id;
  return done;
end $$;

-- Matures profits that are due, oldest first; debts are repaid before anything becomes available. Several servers may
-- do it at once. Returns how many.
create function mature_profits(at_most integer, by_actor text) returns integer language plpgsql as $$
declare
  ids bigint[];
  share record;
  entry bigint;
  available_account bigint;
  debt_account bigint;
  pending_account bigint;
  repaid bigint;
begin
  select array_agg(order_id) into ids from (
    select order_id from agent_profit where state = 'pending' and mature_at <= clock_timestamp()
    order by mature_at limit at_most for update skip locked
  ) as due;
  if ids is null then
    return 0;
  end if;
  for share in
    select tenant_id, currency, sum(amount - reverted)::bigint as amount from agent_profit
    where order_id = any(ids) group by tenant_id, currency order by tenant_id, currency
  loop
    continue when share.amount = 0;
    pending_account := account_of(share.tenant_id, 'pending', share.currency);
    available_account := account_of(share.tenant_id, 'available', share.currency);
    debt_account := account_of(share.tenant_id, 'debt', share.currency);
    perform from account where id in (available_account, debt_account) order by id for update;
    select least(share.amount, -balance) into repaid from account where id = debt_account;
    insert into journal_entry (kind, reference, tenant_id, actor)
    values ('mature', gen_random_uuid()::text, share.tenant_id, by_actor) returning id into entry;
    insert into transfer (entry_id, currency, from_account, to_account, amount)
    select entry, share.currency, pending_account, leg.account, leg.amount
    from (values (debt_account, repaid), (available_account, share.amount - repaid)) as leg (account, amount)
    where leg.amount > 0;
  end loop;
  update agent_profit set state = 'matured', matured_at = clock_timestamp() where order_id = any(ids);
  return cardinality(ids);
end $$;

create table withdrawal (
  -- `aw_20250124_143022_abc123` (seed row S1-047).
  id text primary key,
  tenant_id text not null references tenant (id) check (tenant_id <> 'master'),
  key text not null,
  currency text not null references currency (code),
  amount bigint not null check (amount > 0),
  -- Out of the amount.
  fee bigint not null check (fee >= 0 and fee < amount),
  address text not null,
  state text not null default 'requested' check (state in ('requested', 'approved', 'paid', 'rejected', 'cancelled')),
  -- How many people must approve it, the requester not among them.
  approvals_needed integer not null check (approvals_needed between 1 and 5),
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text not null,
  reviewed_at timestamptz,
  reviewed_by text,
  reason text,
  paid_at timestamptz,
  paid_by text,
  txid text,
  constraint withdrawal_once unique (tenant_id, key),
  constraint withdrawal_paid check ((state = 'paid') = (paid_at is not null) and (state = 'paid') = (txid is not null)),
  constraint withdrawal_rejected_for_a_reason check (state <> 'rejected' or reason is not null)
);
create unique index withdrawal_txid on withdrawal (txid) where txid is not null;
create index withdrawal_of_tenant on withdrawal (tenant_id, requested_at desc);
create index withdrawal_open on withdrawal (state, requested_at) where state in ('requested', 'approved');

create table withdrawal_approval (
  withdrawal_id text not null references withdrawal (id),
  approver text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (withdrawal_id, approver)
);
create trigger withdrawal_approval_append_only before update or delete on withdrawal_approval
  for each row execute function refuse_change();

create function guard_withdrawal() returns trigger language plpgsql as $$
declare
  approvals integer;
begin
  if (new.id, new.tenant_id, new.key, new.currency, new.amount, new.fee, new.address, new.approvals_needed,
      new.requested_at, new.requested_by)
    is distinct from (old.id, old.tenant_id, old.key, old.currency, old.amount, old.fee, old.address,
      old.approvals_needed, old.requested_at, old.requested_by)
  then
    raise exception 'what was requested does not change' using errcode = 'restrict_violation';
  end if;
  if new.state <> old.state and (old.state, new.state) not in (('requested', 'approved'), ('requested', 'rejected'),
    ('requested', 'cancelled'), ('approved', 'paid'), ('approved', 'rejected'))
  then
    raise exception 'a withdrawal does not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  if new.state = 'approved' and old.state <> 'approved' then
    select count(*) into approvals from withdrawal_approval
    where withdrawal_id = new.id and approver <> new.requested_by;
    if approvals < new.approvals_needed then
      raise exception '% of % approvals', approvals, new.approvals_needed using errcode = 'restrict_violation';
    end if;
  end if;
  return new;
end $$;
create trigger withdrawal_guarded before update on withdrawal for each row execute function guard_withdrawal();
create trigger withdrawal_kept before delete on withdrawal for each row execute function refuse_change();

-- Holds the amount. `refusal`: in_debt, above_available; else the withdrawal.
create function request_withdrawal(
  of_tenant text, with_id text, with_key text, of_currency text, of_amount bigint, with_fee bigint, to_address text,
  people integer, by_actor text, out refusal text, out detail bigint, out w withdrawal
) language plpgsql as $$
declare
  available_account bigint := account_of(of_tenant, 'available', of_currency);
  held_account bigint := account_of(of_tenant, 'held', of_currency);
  debt_account bigint := account_of(of_tenant, 'debt', of_currency);
  free bigint;
  owed bigint;
  entry bigint;
begin
  perform from account where id in (available_account, held_account, debt_account) order by id for update;
  select * into w from withdrawal where tenant_id = of_tenant and key = with_key;
  if w.id is not null then
    return;
  end if;
  select balance into free from account where id = available_account;
  select -balance into owed from account where id = debt_account;
  if owed > 0 then
    refusal := 'in_debt';
    detail := owed;
    return;
  end if;
  if of_amount > free then
    refusal := 'above_available';
    detail := free;
    return;
  end if;
  insert into withdrawal (id, tenant_id, key, currency, amount, fee, address, approvals_needed, requested_by)
  values (with_id, of_tenant, with_key, of_currency, of_amount, with_fee, to_address, people, by_actor)
  returning * into w;
  insert into journal_entry (kind, reference, tenant_id, actor)
  values ('withdrawal_request', with_id, of_tenant, by_actor) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, of_currency, available_account, held_account, of_amount);
end $$;

-- Ends a withdrawal: `paid` with its txid, `rejected` or `cancelled` with the amount returned. The path is guarded by the
-- row's trigger; the caller says what it expects by `from_states`. Null when it is in none of them.
create function end_withdrawal(
  of_withdrawal text, from_states text[], to_state text, with_txid text, why text, by_actor text
) returns withdrawal language plpgsql as $$
declare
  w withdrawal;
  entry bigint;
  held_account bigint;
begin
  select * into w from withdrawal where id = of_withdrawal for update;
  if w.id is null or w.state <> all(from_states) then
    return null;
  end if;
  held_account := account_of(w.tenant_id, 'held', w.currency);
  insert into journal_entry (kind, reference, tenant_id, actor, reason)
  values (case when to_state = 'paid' then 'withdrawal_payment' else 'withdrawal_release' end, w.id, w.tenant_id, by_actor,
    why) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  select entry, w.currency, held_account, leg.account, leg.amount
  from (values
    (case when to_state = 'paid' then account_of(w.tenant_id, 'paid_out', w.currency)
      else account_of(w.tenant_id, 'available', w.currency) end, case when to_state = 'paid' then w.amount - w.fee else w.amount end),
    (case when to_state = 'paid' then account_of('master', 'fee_income', w.currency) end,
      case when to_state = 'paid' then w.fee else 0 end)) as leg (account, amount)
  where leg.amount > 0;
  update withdrawal set state = to_state, txid = with_txid, reason = why,
    paid_at = case when to_state = 'paid' then clock_timestamp() end,
    paid_by = case when to_state = 'paid' then by_actor end,
    reviewed_at = coalesce(reviewed_at, case when to_state = 'rejected' then clock_timestamp() end),
    reviewed_by = coalesce(reviewed_by, case when to_state = 'rejected' then by_actor end)
  where id = of_withdrawal returning * into w;
  return w;
end $$;

create table top_up (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  customer_id text not null,
  key text not null,
  currency text not null references currency (code),
  amount bigint not null check (amount > 0),
  -- How it is to be paid: `manual`, or a provider of payments.
  method text not null default 'manual',
  state text not null default 'requested' check (state in ('requested', 'confirmed', 'rejected', 'cancelled', 'expired')),
  instructions text not null default '',
  created_at timestamptz not null default clock_timestamp(),
  pay_until timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  reason text,
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  constraint top_up_once unique (tenant_id, key),
  constraint top_up_ended check ((state = 'requested') = (ended_at is null))
);
create index top_up_of_customer on top_up (customer_id, id desc);
create index top_up_open on top_up (pay_until) where state = 'requested';

-- One payment from outside is credited once, ever.
create table payment (
  id bigint generated always as identity primary key,
  provider text not null,
  external_id text not null,
  top_up_id bigint references top_up (id),
  tenant_id text not null references tenant (id),
  customer_id text not null references customer (id),
  currency text not null references currency (code),
  amount bigint not null check (amount > 0),
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  constraint payment_once unique (provider, external_id)
);
create index payment_of_customer on payment (customer_id, id desc);
create trigger payment_append_only before update or delete on payment for each row execute function refuse_change();

-- Credits a payment to a customer. `repeated`: this payment is there already, of the same customer and amount; of others
-- it is refused. The amount that came counts, not the one that was asked for.
create function credit_payment(
  of_top_up bigint, by_provider text, with_external_id text, of_customer text, of_currency text, of_amount bigint,
  by_actor text, out repeated boolean, out p payment
) language plpgsql as $$
declare
  tenant text;
  entry bigint;
begin
  select tenant_id into tenant from customer where id = of_customer;
  insert into payment (provider, external_id, top_up_id, tenant_id, customer_id, currency, amount, actor)
  values (by_provider, with_external_id, of_top_up, tenant, of_customer, of_currency, of_amount, by_actor)
  on conflict on constraint payment_once do nothing returning * into p;
  repeated := p.id is null;
  if repeated then
    select * into p from payment where provider = by_provider and external_id = with_external_id;
    if (p.customer_id, p.currency, p.amount) is distinct from (of_customer, of_currency, of_amount) then
      raise exception 'this payment was credited to somebody else, or as another amount' using errcode = 'BF409';
    end if;
    return;
  end if;
  insert into journal_entry (kind, reference, tenant_id, actor)
  values ('top_up', by_provider || ':' || with_external_id, tenant, by_actor) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, of_currency, account_of('master', 'top_up', of_currency),
    account_of(tenant, 'customer', of_currency, of_customer), of_amount);
  update top_up set state = 'confirmed', ended_at = clock_timestamp(), ended_by = by_actor
  where id = of_top_up and state = 'requested';
end $$;

-- An admin's correction of a balance, up or down, with a reason; once for a key.
create function adjust_balance(
  of_customer text, of_currency text, by_amount bigint, with_key text, why text, by_actor text
) returns boolean language plpgsql as $$
declare
  tenant text;
  entry bigint;
  customer_account bigint;
  other_account bigint;
begin
  select tenant_id into tenant from customer where id = of_customer;
  insert into journal_entry (kind, reference, tenant_id, actor, reason)
  values ('adjustment', of_customer || ':' || with_key, tenant, by_actor, why)
  on conflict on constraint journal_entry_once do nothing returning id into entry;
  if entry is null then
    return false;
  end if;
  customer_account := account_of(tenant, 'customer', of_currency, of_customer);
  other_account := account_of('master', 'adjustment', of_currency);
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, of_currency, case when by_amount > 0 then other_account else customer_account end,
    case when by_amount > 0 then customer_account else other_account end, abs(by_amount));
  return true;
end $$;
