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
-- somebody says that they are unused. Asked again with the same key it says the same (`repeated`), with other units it
-- is refused.
create function refund_order(
  of_order bigint, unit_ids bigint[], with_key text, restock boolean, why text, by_actor text,
  out repeated boolean, out r order_refund
) language plpgsql as $$
declare
  o customer_order;
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
  select * into r from order_refund where order_id = of_order and key = with_key;
  repeated := r.id is not null;
  if repeated then
    if restock <> r.restocked or exists (
      select from refunded_unit where refund_id = r.id and unit_id <> all(unit_ids)
    ) or cardinality(unit_ids) <> r.units then
      raise exception 'this key belongs to another refund' using errcode = 'BF409';
    end if;
    return;
  end if;
  select array_agg(id order by id) into units from stock_unit
  where order_id = of_order and state = 'sold' and (unit_ids is null or id = any(unit_ids));
  given := coalesce(cardinality(units), 0);
  if given = 0 or given <> coalesce(cardinality(unit_ids), given) then
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
  values (of_order, with_key, given, amount, restock, why, by_actor) returning * into r;
  insert into refunded_unit (order_id, unit_id, refund_id) select of_order, unnest(units), r.id;
end $$;

-- Makes these profits available; debts are repaid first. The rows of the profits are locked already.
create function settle_profits(ids bigint[], by_actor text) returns void language plpgsql as $$
declare
  share record;
  entry bigint;
  available_account bigint;
  debt_account bigint;
  repaid bigint;
begin
  for share in
    select tenant_id, currency, min(order_id) as first_order, sum(amount - reverted)::bigint as amount
    from agent_profit where order_id = any(ids) group by tenant_id, currency order by tenant_id, currency
  loop
    -- All that a withdrawal needs is made before any of it is locked: whoever makes one at the same time waits for a lock.
    available_account := account_of(share.tenant_id, 'available', share.currency);
    perform account_of(share.tenant_id, 'held', share.currency);
    debt_account := account_of(share.tenant_id, 'debt', share.currency);
    perform from account where id in (available_account, debt_account) order by id for update;
    select least(share.amount, -balance) into repaid from account where id = debt_account;
    -- An order matures once, so the first of a batch names the batch.
    insert into journal_entry (kind, reference, tenant_id, actor)
    values ('mature', share.first_order::text, share.tenant_id, by_actor) returning id into entry;
    insert into transfer (entry_id, currency, from_account, to_account, amount)
    select entry, share.currency, account_of(share.tenant_id, 'pending', share.currency), leg.account, leg.amount
    from (values (debt_account, repaid), (available_account, share.amount - repaid)) as leg (account, amount)
    where leg.amount > 0;
  end loop;
  update agent_profit set state = 'matured', matured_at = clock_timestamp() where order_id = any(ids);
end $$;

-- Matures profits that are due, oldest first. Several servers may do it at once: each takes what no other has. Nothing
-- matures while the clock is in doubt. Returns how many.
create function mature_profits(at_most integer, by_actor text) returns integer language plpgsql as $$
declare
  due timestamptz := subscription_clock();
  ids bigint[];
begin
  select array_agg(order_id) into ids from (
    select order_id from agent_profit where state = 'pending' and mature_at <= due
    order by mature_at limit at_most for update skip locked
  ) as taken;
  if ids is null then
    return 0;
  end if;
  perform settle_profits(ids, by_actor);
  return cardinality(ids);
end $$;

-- Matures all that is due of one tenant, so that it can be withdrawn the moment it is due, whenever the servers look
-- next. Waits for what another one is maturing, or refunding, just now; once, since by then the balances are locked.
create function mature_profits_of(of_tenant text, by_actor text) returns void language plpgsql as $$
declare
  due timestamptz := subscription_clock();
  ids bigint[];
begin
  select array_agg(order_id) into ids from (
    select order_id from agent_profit where tenant_id = of_tenant and state = 'pending' and mature_at <= due
    order by mature_at, order_id for update
  ) as taken;
  if ids is not null then
    perform settle_profits(ids, by_actor);
  end if;
end $$;

create table withdrawal (
  -- `aw_20250124_143022_abc123` (seed row S1-047).
  id text primary key default 'aw_' || to_char(clock_timestamp() at time zone 'utc', 'YYYYMMDD_HH24MISS') || '_' ||
    left(gen_random_uuid()::text, 6) check (id ~ '^[A-Za-z0-9_-]{1,40}$'),
  tenant_id text not null references tenant (id),
  key text not null check (length(key) between 1 and 200),
  currency text not null references currency (code),
  amount bigint not null check (amount > 0),
  -- Out of the amount.
  fee bigint not null check (fee >= 0),
  address text not null,
  state text not null default 'requested' check (state in ('requested', 'approved', 'paid', 'rejected', 'cancelled')),
  -- How many people must approve it. More than one: they are users of ours, and the requester is none of them.
  approvals_needed integer not null check (approvals_needed between 1 and 5),
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text not null,
  -- The user whom the requester is, and the chat they asked from, as far as they are known.
  requested_by_user text references app_user (id),
  requester_platform text,
  requester_platform_user_id text,
  reviewed_at timestamptz,
  reviewed_by text,
  reason text,
  paid_at timestamptz,
  paid_by text,
  txid text,
  constraint withdrawal_once unique (tenant_id, key),
  constraint withdrawal_of_an_agent check (tenant_id <> 'master'),
  constraint withdrawal_leaves_something check (fee < amount),
  constraint withdrawal_paid check ((state = 'paid') = (paid_at is not null) and (state = 'paid') = (txid is not null)),
  constraint withdrawal_rejected_for_a_reason check (state <> 'rejected' or reason is not null),
  constraint withdrawal_from_a_chat check ((requester_platform is null) = (requester_platform_user_id is null))
);
create unique index withdrawal_txid on withdrawal (txid) where txid is not null;
create index withdrawal_of_tenant on withdrawal (tenant_id, requested_at desc);
create index withdrawal_open on withdrawal (state, requested_at) where state in ('requested', 'approved');

create table withdrawal_approval (
  withdrawal_id text not null references withdrawal (id),
  -- A user of ours counts once through whichever face; whoever is none counts by the name of the account that acted.
  approver text not null,
  user_id text references app_user (id),
  actor text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (withdrawal_id, approver),
  constraint withdrawal_approval_of_a_person check (approver = coalesce(user_id, actor))
);
create trigger withdrawal_approval_append_only before update or delete on withdrawal_approval
  for each row execute function refuse_change();
create trigger withdrawal_approval_no_truncate before truncate on withdrawal_approval
  for each statement execute function refuse_change();

-- Whether a user is who asked for it: by name, or by the chat that it was asked from, also when it was linked later.
create function is_requester(w withdrawal, person text) returns boolean language sql stable as $$
  select person = w.requested_by_user is true or exists (
    select from chat_identity
    where user_id = person and platform = w.requester_platform and platform_user_id = w.requester_platform_user_id)
$$;

create function count_approvals(w withdrawal) returns integer language sql stable as $$
  select count(*)::integer from withdrawal_approval a
  where a.withdrawal_id = w.id
    and (w.approvals_needed = 1 or (a.user_id is not null and not is_requester(w, a.user_id)))
$$;

create function guard_withdrawal() returns trigger language plpgsql as $$
begin
  if (new.id, new.tenant_id, new.key, new.currency, new.amount, new.fee, new.address, new.approvals_needed,
      new.requested_at, new.requested_by, new.requested_by_user, new.requester_platform, new.requester_platform_user_id)
    is distinct from (old.id, old.tenant_id, old.key, old.currency, old.amount, old.fee, old.address,
      old.approvals_needed, old.requested_at, old.requested_by, old.requested_by_user, old.requester_platform,
      old.requester_platform_user_id)
  then
    raise exception 'what was requested does not change' using errcode = 'restrict_violation';
  end if;
  -- Nothing but a step along its path: what has ended stays as it is.
  if (old.state, new.state) not in (('requested', 'approved'), ('requested', 'rejected'), ('requested', 'cancelled'),
    ('approved', 'paid'), ('approved', 'rejected'))
  then
    raise exception 'a withdrawal does not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  if new.state = 'approved' and count_approvals(new) < new.approvals_needed then
    raise exception '% of % approvals', count_approvals(new), new.approvals_needed using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger withdrawal_guarded before update on withdrawal for each row execute function guard_withdrawal();
create trigger withdrawal_kept before delete on withdrawal for each row execute function refuse_change();
create trigger withdrawal_no_truncate before truncate on withdrawal for each statement execute function refuse_change();

-- Holds the amount. Asked again with the same key it says the same; with the same key and other contents it is refused.
-- `refusal`: in_debt, above_available, with the amount that is owed, or free. Locks: the profits that are due, then the
-- balances, then the request.
create function request_withdrawal(
  of_tenant text, with_key text, of_currency text, of_amount bigint, with_fee bigint, to_address text, people integer,
  by_actor text, by_user text, by_platform text, by_platform_user text,
  out refusal text, out detail bigint, out repeated boolean, out w withdrawal
) language plpgsql as $$
declare
  available_account bigint;
  held_account bigint;
  debt_account bigint;
  free bigint;
  owed bigint;
  entry bigint;
begin
  perform assert_gateway_tenant(of_tenant);
  if of_tenant = 'master' or not exists (select from tenant where id = of_tenant) then
    raise exception 'no agent %', of_tenant using errcode = 'BF404';
  end if;
  -- Before the accounts, also before they are made.
  perform mature_profits_of(of_tenant, by_actor);
  available_account := account_of(of_tenant, 'available', of_currency);
  held_account := account_of(of_tenant, 'held', of_currency);
  debt_account := account_of(of_tenant, 'debt', of_currency);
  perform from account where id in (available_account, held_account, debt_account) order by id for update;
  select * into w from withdrawal where tenant_id = of_tenant and key = with_key;
  repeated := w.id is not null;
  if repeated then
    if (w.currency, w.amount, w.address) is distinct from (of_currency, of_amount, to_address) then
      raise exception 'this key belongs to another withdrawal' using errcode = 'BF409';
    end if;
    return;
  end if;
  select balance into free from account where id = available_account;
  select -balance into owed from account where id = debt_account;
  if owed > 0 then
    refusal := 'in_debt';
    detail := owed;
  elsif of_amount > free then
    refusal := 'above_available';
    detail := free;
  end if;
  if refusal is not null then
    return;
  end if;
  loop
    insert into withdrawal (tenant_id, key, currency, amount, fee, address, approvals_needed, requested_by,
      requested_by_user, requester_platform, requester_platform_user_id)
    values (of_tenant, with_key, of_currency, of_amount, with_fee, to_address, people, by_actor,
      coalesce(by_user, (select user_id from chat_identity
        where platform = by_platform and platform_user_id = by_platform_user)), by_platform, by_platform_user)
    on conflict (id) do nothing returning * into w;
    exit when w.id is not null;
  end loop;
  insert into journal_entry (kind, reference, tenant_id, actor)
  values ('withdrawal_request', w.id, of_tenant, by_actor) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, of_currency, available_account, held_account, of_amount);
end $$;

-- One person's approval; the last one that is needed makes it approved. `refusal`: not_found, wrong_state, and where
-- more than one is needed person_unknown (no user of ours) and own_request.
create function approve_withdrawal(
  of_withdrawal text, by_actor text, by_user text, out refusal text, out repeated boolean, out w withdrawal
) language plpgsql as $$
begin
  select * into w from withdrawal where id = of_withdrawal for update;
  repeated := exists (select from withdrawal_approval
    where withdrawal_id = of_withdrawal and approver = coalesce(by_user, by_actor));
  refusal := case
    when w.id is null then 'not_found'
    when w.state = 'approved' and repeated then null
    when w.state <> 'requested' then 'wrong_state'
    when w.approvals_needed > 1 and by_user is null then 'person_unknown'
    when w.approvals_needed > 1 and is_requester(w, by_user) then 'own_request'
  end;
  if refusal is not null or repeated then
    return;
  end if;
  insert into withdrawal_approval (withdrawal_id, approver, user_id, actor)
  values (of_withdrawal, coalesce(by_user, by_actor), by_user, by_actor);
  if count_approvals(w) >= w.approvals_needed then
    update withdrawal set state = 'approved', reviewed_at = clock_timestamp(), reviewed_by = by_actor
    where id = of_withdrawal returning * into w;
  end if;
end $$;

-- Writes down that it was paid outside. `refusal`: not_found, wrong_state, txid_used. The txid is claimed before the
-- balances are locked: of two that claim one, the second waits without holding what the first needs.
create function pay_withdrawal(
  of_withdrawal text, with_txid text, by_actor text, out refusal text, out repeated boolean, out w withdrawal
) language plpgsql as $$
declare
  entry bigint;
begin
  select * into w from withdrawal where id = of_withdrawal for update;
  repeated := w.state = 'paid' and w.txid = with_txid is true;
  refusal := case when w.id is null then 'not_found' when w.state <> 'approved' and not repeated then 'wrong_state' end;
  if refusal is not null or repeated then
    return;
  end if;
  begin
    update withdrawal set state = 'paid', txid = with_txid, paid_at = clock_timestamp(), paid_by = by_actor
    where id = of_withdrawal returning * into w;
  exception when unique_violation then
    refusal := 'txid_used';
    return;
  end;
  insert into journal_entry (kind, reference, tenant_id, actor)
  values ('withdrawal_payment', w.id, w.tenant_id, by_actor) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  select entry, w.currency, account_of(w.tenant_id, 'held', w.currency), leg.account, leg.amount
  from (values (account_of(w.tenant_id, 'paid_out', w.currency), w.amount - w.fee),
    (account_of('master', 'fee_income', w.currency), w.fee)) as leg (account, amount)
  where leg.amount > 0;
end $$;

-- Gives what was held back: `rejected`, which needs a reason and takes force once it is approved, or `cancelled`.
-- `of_tenant`: whose it must be; null is anybody's. `refusal`: not_found, wrong_state, needs_force.
create function release_withdrawal(
  of_withdrawal text, of_tenant text, to_state text, why text, forced boolean, by_actor text,
  out refusal text, out repeated boolean, out w withdrawal
) language plpgsql as $$
declare
  entry bigint;
begin
  perform assert_gateway_tenant(of_tenant);
  select * into w from withdrawal where id = of_withdrawal and (of_tenant is null or tenant_id = of_tenant) for update;
  repeated := w.state = to_state is true;
  refusal := case
    when w.id is null then 'not_found'
    when repeated or w.state = 'requested' then null
    when w.state = 'approved' and to_state = 'rejected' then case when not forced then 'needs_force' end
    else 'wrong_state'
  end;
  if refusal is not null or repeated then
    return;
  end if;
  update withdrawal set state = to_state, reason = why,
    reviewed_at = case when to_state = 'rejected' then clock_timestamp() end,
    reviewed_by = case when to_state = 'rejected' then by_actor end
  where id = of_withdrawal returning * into w;
  insert into journal_entry (kind, reference, tenant_id, actor, reason)
  values ('withdrawal_release', w.id, w.tenant_id, by_actor, why) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, w.currency, account_of(w.tenant_id, 'held', w.currency),
    account_of(w.tenant_id, 'available', w.currency), w.amount);
end $$;

create table top_up (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  customer_id text not null,
  key text not null check (length(key) between 1 and 200),
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
  constraint top_up_ended check ((state = 'requested') = (ended_at is null)),
  constraint top_up_rejected_for_a_reason check (state <> 'rejected' or reason is not null)
);
create index top_up_of_customer on top_up (customer_id, id desc);
create index top_up_of_tenant on top_up (tenant_id, id desc);
create index top_up_open on top_up (pay_until) where state = 'requested';
-- Who asks for the same amount again means the same top-up.
create unique index top_up_open_once on top_up (customer_id, currency, amount) where state = 'requested';

create function guard_top_up() returns trigger language plpgsql as $$
begin
  if (new.id, new.tenant_id, new.customer_id, new.key, new.currency, new.amount, new.method, new.created_at)
    is distinct from (old.id, old.tenant_id, old.customer_id, old.key, old.currency, old.amount, old.method, old.created_at)
  then
    raise exception 'what was asked for does not change' using errcode = 'restrict_violation';
  end if;
  -- Money that came late is credited too.
  if (old.state, new.state) not in (('requested', 'confirmed'), ('requested', 'rejected'), ('requested', 'cancelled'),
    ('requested', 'expired'), ('expired', 'confirmed'), ('cancelled', 'confirmed'))
  then
    raise exception 'a top-up does not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger top_up_guarded before update on top_up for each row execute function guard_top_up();
create trigger top_up_kept before delete on top_up for each row execute function refuse_change();
create trigger top_up_no_truncate before truncate on top_up for each statement execute function refuse_change();

-- Asks for a top-up; the same amount that is open already is the same top-up. `refusal`: shop_paused,
-- customer_blocked, too_many_open.
create function request_top_up(
  of_tenant text, of_customer text, with_key text, of_currency text, of_amount bigint, within interval,
  with_instructions text, open_at_most integer, out refusal text, out repeated boolean, out t top_up
) language plpgsql as $$
declare
  buyer record;
begin
  perform assert_gateway_tenant(of_tenant);
  -- One customer's requests come one after the other.
  select c.blocked_at, c.erased_at, tenant.status into buyer
  from customer c join tenant on tenant.id = c.tenant_id
  where c.id = of_customer and c.tenant_id = of_tenant for no key update of c;
  if buyer.status is null then
    raise exception 'no customer %', of_customer using errcode = 'BF404';
  end if;
  select * into t from top_up where tenant_id = of_tenant and key = with_key;
  if t.id is not null and (t.customer_id, t.currency, t.amount) is distinct from (of_customer, of_currency, of_amount) then
    raise exception 'this key belongs to another top-up' using errcode = 'BF409';
  end if;
  if t.id is null then
    update top_up set state = 'expired', ended_at = clock_timestamp()
    where customer_id = of_customer and state = 'requested' and pay_until <= clock_timestamp();
    select * into t from top_up
    where customer_id = of_customer and currency = of_currency and amount = of_amount and state = 'requested';
  end if;
  repeated := t.id is not null;
  refusal := case
    when repeated then null
    when buyer.status = 'paused' then 'shop_paused'
    when buyer.blocked_at is not null or buyer.erased_at is not null then 'customer_blocked'
    when (select count(*) from top_up where customer_id = of_customer and state = 'requested') >= open_at_most
      then 'too_many_open'
  end;
  if refusal is not null or repeated then
    return;
  end if;
  insert into top_up (tenant_id, customer_id, key, currency, amount, instructions, pay_until)
  values (of_tenant, of_customer, with_key, of_currency, of_amount, with_instructions, clock_timestamp() + within)
  returning * into t;
end $$;

-- One payment from outside is credited once, ever.
create table payment (
  id bigint generated always as identity primary key,
  provider text not null check (provider ~ '^[a-z][a-z0-9_]{0,29}$'),
  external_id text not null check (length(external_id) between 1 and 200),
  -- A top-up is paid by one payment; money that nobody asked for has none.
  top_up_id bigint references top_up (id),
  tenant_id text not null references tenant (id),
  customer_id text not null,
  currency text not null references currency (code),
  amount bigint not null check (amount > 0),
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  constraint payment_once unique (provider, external_id),
  constraint payment_of_top_up_once unique (top_up_id)
);
create index payment_of_customer on payment (customer_id, id desc);
create trigger payment_append_only before update or delete on payment for each row execute function refuse_change();
create trigger payment_no_truncate before truncate on payment for each statement execute function refuse_change();

-- Credits a payment to a customer, with the amount that came. `repeated`: it was credited before, as the same.
-- `refusal`: payment_used, when it was credited to somebody else, for something else, or as another amount.
create function credit_payment(
  of_top_up bigint, by_provider text, with_external_id text, of_customer text, of_currency text, of_amount bigint,
  by_actor text, out refusal text, out repeated boolean, out p payment
) language plpgsql as $$
declare
  of_tenant text;
  entry bigint;
begin
  select tenant_id into of_tenant from customer where id = of_customer;
  if of_tenant is null then
    raise exception 'no customer %', of_customer using errcode = 'BF404';
  end if;
  insert into payment (provider, external_id, top_up_id, tenant_id, customer_id, currency, amount, actor)
  values (by_provider, with_external_id, of_top_up, of_tenant, of_customer, of_currency, of_amount, by_actor)
  on conflict on constraint payment_once do nothing returning * into p;
  repeated := p.id is null;
  if repeated then
    select * into p from payment where provider = by_provider and external_id = with_external_id;
    if (p.top_up_id, p.customer_id, p.currency, p.amount) is distinct from (of_top_up, of_customer, of_currency, of_amount)
    then
      refusal := 'payment_used';
    end if;
    return;
  end if;
  insert into journal_entry (kind, reference, tenant_id, actor)
  values ('top_up', p.id::text, of_tenant, by_actor) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, of_currency, account_of('master', 'top_up', of_currency),
    account_of(of_tenant, 'customer', of_currency, of_customer), of_amount);
end $$;

-- Credits the payment that a top-up waited for: the amount that came, which is the one asked for when null. `refusal`:
-- not_found, wrong_state, payment_used. Locks: the top-up, the payment, the balance.
create function confirm_top_up(
  of_top_up bigint, by_provider text, with_external_id text, amount_that_came bigint, by_actor text,
  out refusal text, out repeated boolean, out t top_up, out p payment
) language plpgsql as $$
declare
  credited record;
begin
  select * into t from top_up where id = of_top_up for update;
  refusal := case when t.id is null then 'not_found' when t.state = 'rejected' then 'wrong_state' end;
  if refusal is null and t.state = 'confirmed' then
    select * into p from payment where top_up_id = t.id;
    repeated := (p.provider, p.external_id, p.amount) is not distinct from
      (by_provider, with_external_id, coalesce(amount_that_came, p.amount));
    refusal := case when not repeated then 'wrong_state' end;
    return;
  end if;
  repeated := false;
  if refusal is not null then
    return;
  end if;
  select * into credited from credit_payment(t.id, by_provider, with_external_id, t.customer_id, t.currency,
    coalesce(amount_that_came, t.amount), by_actor);
  p := credited.p;
  if credited.refusal is not null then
    refusal := credited.refusal;
    return;
  end if;
  update top_up set state = 'confirmed', ended_at = clock_timestamp(), ended_by = by_actor, reason = null
  where id = t.id returning * into t;
end $$;

-- An admin's correction of a balance, up or down, with a reason; once for a key. `refusal`: below_zero. `balance`: what
-- it is afterwards.
create function adjust_balance(
  of_customer text, of_currency text, by_amount bigint, with_key text, why text, by_actor text,
  out refusal text, out repeated boolean, out balance bigint
) language plpgsql as $$
declare
  of_tenant text;
  entry bigint;
  customer_account bigint;
  other_account bigint;
  earlier bigint;
begin
  select tenant_id into of_tenant from customer where id = of_customer;
  if of_tenant is null then
    raise exception 'no customer %', of_customer using errcode = 'BF404';
  end if;
  customer_account := account_of(of_tenant, 'customer', of_currency, of_customer);
  other_account := account_of('master', 'adjustment', of_currency);
  -- The same key at once waits here.
  select account.balance into balance from account where id = customer_account for update;
  select case customer_account when t.to_account then t.amount when t.from_account then -t.amount else 0 end into earlier
  from journal_entry e join transfer t on t.entry_id = e.id
  where e.kind = 'adjustment' and e.reference = of_customer || ':' || with_key;
  repeated := earlier is not null;
  if repeated then
    if earlier <> by_amount then
      raise exception 'this key belongs to another adjustment' using errcode = 'BF409';
    end if;
    return;
  end if;
  if balance + by_amount < 0 then
    refusal := 'below_zero';
    return;
  end if;
  insert into journal_entry (kind, reference, tenant_id, actor, reason)
  values ('adjustment', of_customer || ':' || with_key, of_tenant, by_actor, why) returning id into entry;
  insert into transfer (entry_id, currency, from_account, to_account, amount)
  values (entry, of_currency, case when by_amount > 0 then other_account else customer_account end,
    case when by_amount > 0 then customer_account else other_account end, abs(by_amount));
  balance := balance + by_amount;
end $$;
