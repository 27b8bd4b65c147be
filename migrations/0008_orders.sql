-- Up Migration
-- Orders: one row is the order, its price, and the record that it was asked for once.

alter table product add constraint product_of_currency unique (id, currency);

create domain order_status as text check (value in ('reserved', 'paid', 'refused', 'cancelled', 'partly_refunded',
  'refunded'));
create domain order_quantity as integer check (value between 1 and 1000);
create domain order_key as text check (length(value) between 1 and 200);
create domain markup_kind as text check (value in ('percent', 'fixed'));
create domain profit_state as text check (value in ('pending', 'matured', 'reverted'));

create table customer_order (
  id bigint generated always as identity primary key,
  tenant_id text not null,
  customer_id text not null,
  -- Where it was ordered; null from the CLI.
  instance_id text references instance (id),
  product_id text not null,
  -- The idempotency key: one key has one outcome for ever, a refusal too (facts/money.md, trap 6).
  key order_key not null,
  quantity order_quantity not null,
  currency text not null,
  -- The price as it was then, of one unit (seed rows S0-091 to S0-093).
  base_price amount_above_zero not null,
  markup_kind markup_kind not null,
  -- Hundredths of a percent, or an amount.
  markup_value amount_from_zero not null,
  markup amount_from_zero not null,
  unit_price bigint not null,
  discount amount_from_zero not null default 0,
  total bigint not null,
  status order_status not null,
  -- Why it was refused: a word that every face has a sentence for.
  refusal text,
  -- What the refusal was about: how many were left, how much was missing.
  refusal_detail bigint,
  refunded_units integer not null default 0,
  refunded amount_from_zero not null default 0,
  pay_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  paid_at timestamptz,
  delivered_at timestamptz,
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  foreign key (product_id, currency) references product (id, currency),
  constraint customer_order_once unique (tenant_id, key),
  constraint customer_order_of_tenant unique (tenant_id, id, currency),
  constraint customer_order_unit_price check (unit_price = base_price + markup),
  constraint customer_order_total check (total = unit_price * quantity - discount),
  -- A discount is the master's: the agent's markup is never touched by it.
  constraint customer_order_discount check (discount <= base_price * quantity),
  constraint customer_order_refunded check (refunded <= total and refunded_units between 0 and quantity),
  -- A status says which of these there are, and what was refunded says which status.
  constraint customer_order_status check (num_nonnulls(refusal, pay_until, paid_at) <= 1 and status = case
    when refusal is not null then 'refused' when pay_until is not null then 'reserved' when paid_at is null then 'cancelled'
    when refunded_units = 0 then 'paid' when refunded_units = quantity then 'refunded' else 'partly_refunded' end)
);
create index customer_order_of_customer on customer_order (customer_id, id desc);
create index customer_order_of_product on customer_order (customer_id, product_id);
create index customer_order_pay_until on customer_order (pay_until) where status = 'reserved';

alter table stock_unit add foreign key (order_id) references customer_order (id);

-- What was agreed does not change; what happened to it does, along its paths.
create trigger customer_order_agreed before update of id, tenant_id, customer_id, instance_id, product_id, key, quantity,
  currency, base_price, markup_kind, markup_value, markup, unit_price, discount, total, created_at on customer_order
  for each row execute function refuse('what was agreed in an order does not change');
create function guard_order_path() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and (old.status, new.status) not in (('reserved', 'paid'), ('reserved', 'cancelled'),
    ('paid', 'partly_refunded'), ('paid', 'refunded'), ('partly_refunded', 'refunded')) then
    raise exception 'an order does not go from % to %', old.status, new.status using errcode = 'restrict_violation';
  end if;
  if new.refunded < old.refunded or new.refunded_units < old.refunded_units then
    raise exception 'a refund is not taken back' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger customer_order_path before update of status, refunded, refunded_units on customer_order
  for each row execute function guard_order_path();
create trigger customer_order_kept before delete on customer_order for each row execute function refuse_change();
create trigger customer_order_no_truncate before truncate on customer_order
  for each statement execute function refuse_change();

-- An agent's profit from one order: pending until it matures, less what was refunded meanwhile.
create table agent_profit (
  order_id bigint primary key,
  tenant_id text not null,
  currency text not null,
  amount amount_above_zero not null,
  -- Taken back by refunds before it matured; what was taken back later is between the accounts.
  reverted amount_from_zero not null default 0,
  state profit_state not null default 'pending',
  created_at timestamptz not null default now(),
  mature_at timestamptz not null,
  matured_at timestamptz,
  foreign key (tenant_id, order_id, currency) references customer_order (tenant_id, id, currency),
  constraint agent_profit_of_an_agent check (tenant_id <> 'master'),
  constraint agent_profit_reverted check (reverted <= amount and (state = 'reverted') = (reverted = amount)),
  constraint agent_profit_matured check ((state = 'matured') = (matured_at is not null))
);
create index agent_profit_due on agent_profit (mature_at) where state = 'pending';
create index agent_profit_of_tenant on agent_profit (tenant_id, state);

create trigger agent_profit_agreed before update of order_id, tenant_id, currency, amount, created_at on agent_profit
  for each row execute function refuse('a profit stays what the order made it');
create trigger agent_profit_ends_once before update on agent_profit for each row
  when (old.state <> 'pending' or new.reverted < old.reverted)
  execute function refuse('a profit matures or is reverted once');
create trigger agent_profit_kept before delete on agent_profit for each row execute function refuse_change();
create trigger agent_profit_no_truncate before truncate on agent_profit
  for each statement execute function refuse_change();

-- The id of an account, which is made when it is first needed.
create function account_of(of_tenant text, of_kind text, of_currency text, of_customer text default null)
returns bigint language plpgsql as $$
declare
  found_id bigint;
begin
  loop
    -- Two statements, since an index serves equality and `is null`, but not `is not distinct from`.
    if of_customer is null then
      select id into found_id from account
        where tenant_id = of_tenant and kind = of_kind and currency = of_currency and customer_id is null;
    else
      select id into found_id from account
        where tenant_id = of_tenant and kind = of_kind and currency = of_currency and customer_id = of_customer;
    end if;
    if found_id is not null then
      return found_id;
    end if;
    insert into account (tenant_id, kind, currency, customer_id, balance)
    values (of_tenant, of_kind, of_currency, of_customer,
      case when of_kind in ('customer', 'available', 'held', 'debt') then 0 end)
    on conflict on constraint account_once do nothing
    returning id into found_id;
    if found_id is not null then
      return found_id;
    end if;
  end loop;
end $$;

-- The price of one unit at a tenant, as an order made now would have it (never what a button says), and why nobody there
-- may order it, where that is so.
create function quote(of_tenant text, of_product text)
returns table (currency text, base_price bigint, markup_kind text, markup_value bigint, markup bigint, refusal text,
  limit_per_customer integer)
language sql stable as $$
  select p.currency, p.base_price, t.markup_kind, v.value,
    case when t.markup_kind = 'fixed' then v.value else div(p.base_price::numeric * v.value + 5000, 10000) end::bigint,
    case when t.status = 'paused' then 'shop_paused'
      when p.status <> 'active' or (t.id <> 'master' and not p.visible_to_agents) then 'not_for_sale' end,
    p.limit_per_customer
  from product p join tenant t on t.id = of_tenant
  left join tenant_fixed_markup f on f.tenant_id = t.id and f.currency = p.currency
  cross join lateral (
    select case when t.markup_kind = 'fixed' then coalesce(f.amount, 0) else t.markup_hundredths end as value
  ) v
  where p.id = of_product
$$;

-- Locks the oldest free units of a product that nobody else is about to take: all that are wanted, or none. Units that
-- another order holds and may yet give back are waited for (facts/money.md, trap 3).
create function pick_stock(of_product text, wanted integer, out units bigint[], out free bigint) language plpgsql as $$
begin
  for attempt in 1 .. 200 loop
    if wanted = 1 then
      -- Nothing is locked when there is none, so there is nothing to give back.
      select array[id] into units from stock_unit where product_id = of_product and state = 'available'
      order by added_at, id limit 1 for update skip locked;
    else
      begin
        select array_agg(id) into units from (
          select id from stock_unit where product_id = of_product and state = 'available'
          order by added_at, id limit wanted for update skip locked
        ) as picked;
        if cardinality(units) is distinct from wanted then
          raise exception using errcode = 'BF001';
        end if;
      exception when sqlstate 'BF001' then
        units := null;
      end;
    end if;
    exit when units is not null;
    select count(*) into free from (
      select from stock_unit where product_id = of_product and state = 'available' limit wanted
    ) as still_there;
    exit when free < wanted;
    if attempt = 200 then
      raise exception 'the stock of % is too busy', of_product using errcode = 'serialization_failure';
    end if;
    perform pg_sleep(least(0.02, 0.001 * attempt));
  end loop;
end $$;

-- Moves the money of a paid order and notes the agent's profit; the goods are handed over by the outbox. The buyer's
-- account is locked already. Returns what the agent earns.
create function settle_order(
  o customer_order, buyer_account bigint, revenue_account bigint, pending_account bigint, maturity interval, by_actor text
) returns bigint language plpgsql as $$
declare
  profit bigint := o.markup * o.quantity;
begin
  with sale as (
    insert into journal_entry (kind, reference, tenant_id, actor)
    select 'sale', o.id::text, o.tenant_id, by_actor where o.total > 0
    returning id
  ), paid as (
    insert into transfer (entry_id, currency, from_account, to_account, amount)
    select sale.id, o.currency, buyer_account, leg.account, leg.amount
    from sale, (values (coalesce(revenue_account, account_of('master', 'revenue', o.currency)), o.total - profit),
      (case when profit > 0 then coalesce(pending_account, account_of(o.tenant_id, 'pending', o.currency)) end, profit)
    ) as leg (account, amount)
    where leg.amount > 0
  ), earned as (
    insert into agent_profit (order_id, tenant_id, currency, amount, mature_at)
    select o.id, o.tenant_id, o.currency, profit, clock_timestamp() + maturity where profit > 0
  )
  insert into outbox_message (tenant_id, customer_id, via_instance_id, kind, payload, reference)
  values (o.tenant_id, o.customer_id, o.instance_id, 'goods', jsonb_build_object('order', o.id), o.id::text);
  return profit;
end $$;

-- The whole order in one round trip: quote, goods, money, profit. Asked again with the same key it says the same; with
-- the same key and other contents it is refused, and writes nothing. A refused order is a row, too: its key is spent.
-- Locks: the buyer's account, the goods, and last the other balances (facts/money.md, trap 8).
create function place_order(
  of_tenant text, of_customer text, of_instance text, of_product text, wanted integer, with_key text,
  -- What the buyer was shown for one unit; null takes whatever it is now.
  shown_unit_price bigint,
  -- Null pays at once from the balance; else the goods are held for so long, to be paid by pay_order().
  hold interval,
  maturity interval, actor text
) returns customer_order language plpgsql
-- A plan for each `limit` would cost more than the order itself.
set plan_cache_mode = force_generic_plan as $$
declare
  o customer_order;
  offer record;
  picked record;
  unit_price bigint;
  total bigint;
  bought bigint;
  word text;
  detail bigint;
  profit bigint;
begin
  perform assert_gateway_tenant(of_tenant);
  loop
    select a.id as buyer_account, a.balance, q.*, c.blocked_at is not null or c.erased_at is not null as is_blocked,
      (select id from account where tenant_id = 'master' and kind = 'revenue' and customer_id is null
        and currency = q.currency) as revenue_account,
      (select id from account where tenant_id = of_tenant and kind = 'pending' and customer_id is null
        and currency = q.currency) as pending_account
    into offer
    from customer c cross join quote(of_tenant, of_product) q
    join account a on a.tenant_id = c.tenant_id and a.kind = 'customer' and a.customer_id = c.id
      and a.currency = q.currency
    where c.id = of_customer and c.tenant_id = of_tenant
    for update of a;
    exit when found;
    perform account_of(of_tenant, 'customer', p.currency, of_customer)
    from product p join customer c on c.id = of_customer and c.tenant_id = of_tenant where p.id = of_product;
    if not found then
      raise exception 'no product %, or no customer %', of_product, of_customer using errcode = 'BF404';
    end if;
  end loop;

  unit_price := offer.base_price + offer.markup;
  total := unit_price * wanted;
  if offer.refusal is not null or offer.is_blocked or shown_unit_price <> unit_price then
    word := coalesce(offer.refusal, case when offer.is_blocked then 'customer_blocked' else 'price_changed' end);
    detail := case when word = 'price_changed' then unit_price end;
  elsif offer.limit_per_customer is not null then
    select coalesce(sum(quantity - refunded_units), 0) into bought from customer_order
    where customer_id = of_customer and product_id = of_product and status in ('reserved', 'paid', 'partly_refunded');
    if bought + wanted > offer.limit_per_customer then
      word := 'over_limit';
      detail := greatest(0, offer.limit_per_customer - bought);
    end if;
  end if;
  if word is null and hold is null and offer.balance < total then
    word := 'not_enough_balance';
    detail := total - offer.balance;
  end if;
  if word is null then
    picked := pick_stock(of_product, wanted);
    if picked.units is null then
      word := case when picked.free = 0 then 'sold_out' else 'fewer_left' end;
      detail := picked.free;
    end if;
  end if;

  insert into customer_order (tenant_id, customer_id, instance_id, product_id, key, quantity, currency, base_price,
    markup_kind, markup_value, markup, unit_price, total, status, refusal, refusal_detail, pay_until, paid_at)
  values (of_tenant, of_customer, of_instance, of_product, with_key, wanted, offer.currency, offer.base_price,
    offer.markup_kind, offer.markup_value, offer.markup, unit_price, total,
    case when word is not null then 'refused' when hold is null then 'paid' else 'reserved' end, word, detail,
    case when word is null then clock_timestamp() + hold end,
    case when word is null and hold is null then clock_timestamp() end)
  on conflict on constraint customer_order_once do nothing
  returning * into o;
  if o.id is null then
    select * into o from customer_order where tenant_id = of_tenant and key = with_key;
    if (o.customer_id, o.product_id, o.quantity) is distinct from (of_customer, of_product, wanted) then
      raise exception 'this key belongs to another order' using errcode = 'BF409';
    end if;
    return o;
  end if;
  if word is not null then
    return o;
  end if;

  update stock_unit set order_id = o.id, reserved_until = o.pay_until, sold_at = o.paid_at,
    state = case when hold is null then 'sold' else 'reserved' end
  where id = any(picked.units);
  if hold is null then
    profit := settle_order(o, offer.buyer_account, offer.revenue_account, offer.pending_account, maturity, actor);
  end if;
  return o;
end $$;

-- Puts the goods of held orders back on the shelf, and cancels them.
create function release_orders(of_orders bigint[]) returns void language sql as $$
  update stock_unit set state = 'available', order_id = null, reserved_until = null where order_id = any(of_orders);
  update customer_order set status = 'cancelled', pay_until = null where id = any(of_orders);
$$;

-- Pays an order whose goods are held. Says what became of it when it is no longer held, and cancels it when its time is
-- up. An order that cannot be paid stays held; what it is given back with says why, though nothing of that is stored.
create function pay_order(of_order bigint, maturity interval, actor text) returns customer_order language plpgsql as $$
declare
  o customer_order;
  buyer_account bigint;
  spendable bigint;
begin
  select * into o from customer_order where id = of_order for update;
  if o.id is null then
    raise exception 'no order %', of_order using errcode = 'BF404';
  end if;
  if o.status <> 'reserved' then
    return o;
  end if;
  if o.pay_until <= clock_timestamp() then
    return cancel_order(of_order);
  end if;
  buyer_account := account_of(o.tenant_id, 'customer', o.currency, o.customer_id);
  select balance into spendable from account where id = buyer_account for update;
  select case when t.status = 'paused' then 'shop_paused'
      when c.blocked_at is not null or c.erased_at is not null then 'customer_blocked'
      when spendable < o.total then 'not_enough_balance' end
  into o.refusal
  from customer c join tenant t on t.id = c.tenant_id where c.id = o.customer_id;
  if o.refusal is not null then
    o.refusal_detail := case when o.refusal = 'not_enough_balance' then o.total - spendable end;
    return o;
  end if;
  update stock_unit set state = 'sold', reserved_until = null, sold_at = clock_timestamp() where order_id = of_order;
  update customer_order set status = 'paid', paid_at = clock_timestamp(), pay_until = null
  where id = of_order returning * into o;
  perform settle_order(o, buyer_account, null, null, maturity, actor);
  return o;
end $$;

-- Cancels an order whose goods are held; says what became of it when they no longer are.
create function cancel_order(of_order bigint) returns customer_order language plpgsql as $$
declare
  o customer_order;
begin
  select * into o from customer_order where id = of_order for update;
  if o.status = 'reserved' then
    perform release_orders(array[of_order]);
    select * into o from customer_order where id = of_order;
  end if;
  return o;
end $$;

-- Cancels orders that were not paid in time, and tells their buyers. Returns how many.
create function release_unpaid_orders(at_most integer) returns integer language plpgsql as $$
declare
  ids bigint[];
begin
  select array_agg(id) into ids from (
    select id from customer_order where status = 'reserved' and pay_until <= clock_timestamp()
    order by pay_until limit at_most for update skip locked
  ) as due;
  perform release_orders(ids);
  perform tell_customer(tenant_id, 'order_expired', jsonb_build_object('order', id), id::text, customer_id, instance_id)
  from customer_order where id = any(ids);
  return coalesce(cardinality(ids), 0);
end $$;
