-- Up Migration
-- Orders: one row is the order, its price, and the record that it was asked for once.

create table customer_order (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  customer_id text not null,
  -- Where it was ordered; null from the CLI.
  instance_id text references instance (id),
  product_id text not null references product (id),
  -- The idempotency key: one key has one outcome for ever, a refusal too (facts/money.md, trap 6).
  key text not null check (length(key) between 1 and 200),
  quantity integer not null check (quantity between 1 and 1000),
  currency text not null references currency (code),
  -- The price as it was then, of one unit (seed rows S0-091 to S0-093).
  base_price bigint not null check (base_price > 0),
  markup_kind text not null check (markup_kind in ('percent', 'fixed')),
  -- Hundredths of a percent, or an amount.
  markup_value bigint not null check (markup_value >= 0),
  markup bigint not null check (markup >= 0),
  unit_price bigint not null,
  discount bigint not null default 0 check (discount >= 0),
  total bigint not null,
  status text not null check (status in ('reserved', 'paid', 'refused', 'cancelled', 'partly_refunded', 'refunded')),
  -- Why it was refused: a word that every face has a sentence for.
  refusal text,
  -- What the refusal was about: how many were left, how much was missing.
  refusal_detail bigint,
  refunded_units integer not null default 0,
  refunded bigint not null default 0,
  pay_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  paid_at timestamptz,
  delivered_at timestamptz,
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  constraint customer_order_once unique (tenant_id, key),
  constraint customer_order_unit_price check (unit_price = base_price + markup),
  constraint customer_order_total check (total = unit_price * quantity - discount),
  -- A discount is the master's: the agent's markup is never touched by it.
  constraint customer_order_discount check (discount <= base_price * quantity),
  constraint customer_order_refusal check ((status = 'refused') = (refusal is not null)),
  constraint customer_order_reserved check ((status = 'reserved') = (pay_until is not null)),
  constraint customer_order_paid check ((status in ('paid', 'partly_refunded', 'refunded')) = (paid_at is not null)),
  constraint customer_order_refunded check (refunded between 0 and total and refunded_units between 0 and quantity
    and (status = 'refunded') = (refunded_units = quantity) and (status = 'partly_refunded') =
    (refunded_units > 0 and refunded_units < quantity))
);
create index customer_order_of_customer on customer_order (customer_id, id desc) where status <> 'refused';
create index customer_order_of_tenant on customer_order (tenant_id, id desc) where status <> 'refused';
create index customer_order_of_product on customer_order (customer_id, product_id)
  where status in ('reserved', 'paid', 'partly_refunded');
create index customer_order_pay_until on customer_order (pay_until) where status = 'reserved';

alter table stock_unit add foreign key (order_id) references customer_order (id);

-- Which goods an order got, also after one came back to the shelf.
create table order_unit (
  order_id bigint not null references customer_order (id),
  unit_id bigint not null references stock_unit (id),
  refunded_at timestamptz,
  primary key (order_id, unit_id)
);
create index order_unit_of_unit on order_unit (unit_id);

-- What was agreed does not change; what happened to it does, along its paths.
create function guard_order() returns trigger language plpgsql as $$
begin
  if (new.id, new.tenant_id, new.customer_id, new.product_id, new.key, new.quantity, new.currency, new.base_price,
      new.markup_kind, new.markup_value, new.markup, new.unit_price, new.discount, new.total, new.created_at)
    is distinct from
     (old.id, old.tenant_id, old.customer_id, old.product_id, old.key, old.quantity, old.currency, old.base_price,
      old.markup_kind, old.markup_value, old.markup, old.unit_price, old.discount, old.total, old.created_at)
  then
    raise exception 'what was agreed in an order does not change' using errcode = 'restrict_violation';
  end if;
  if new.status <> old.status and (old.status, new.status) not in (('reserved', 'paid'), ('reserved', 'refused'),
    ('reserved', 'cancelled'), ('paid', 'partly_refunded'), ('paid', 'refunded'), ('partly_refunded', 'refunded'))
  then
    raise exception 'an order does not go from % to %', old.status, new.status using errcode = 'restrict_violation';
  end if;
  if new.refunded < old.refunded or new.refunded_units < old.refunded_units then
    raise exception 'a refund is not taken back' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger customer_order_guarded before update on customer_order for each row execute function guard_order();
create trigger customer_order_kept before delete on customer_order for each row execute function refuse_change();
create trigger order_unit_kept before delete on order_unit for each row execute function refuse_change();

-- An agent's profit from one order: pending until it matures, less what was refunded meanwhile.
create table agent_profit (
  order_id bigint primary key references customer_order (id),
  tenant_id text not null references tenant (id) check (tenant_id <> 'master'),
  currency text not null references currency (code),
  amount bigint not null check (amount > 0),
  -- Taken back by refunds before it matured; what was taken back later is between the accounts.
  reverted bigint not null default 0,
  state text not null default 'pending' check (state in ('pending', 'matured', 'reverted')),
  created_at timestamptz not null default now(),
  mature_at timestamptz not null,
  matured_at timestamptz,
  constraint agent_profit_reverted check (reverted between 0 and amount and (state <> 'reverted' or reverted = amount)),
  constraint agent_profit_matured check ((state = 'matured') = (matured_at is not null))
);
create index agent_profit_due on agent_profit (mature_at) where state = 'pending';
create index agent_profit_of_tenant on agent_profit (tenant_id, state);

create function guard_profit() returns trigger language plpgsql as $$
begin
  if (new.order_id, new.tenant_id, new.currency, new.amount, new.created_at)
    is distinct from (old.order_id, old.tenant_id, old.currency, old.amount, old.created_at)
    or old.state <> 'pending' or new.reverted < old.reverted
  then
    raise exception 'a profit matures or is reverted once' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger agent_profit_guarded before update on agent_profit for each row execute function guard_profit();
create trigger agent_profit_kept before delete on agent_profit for each row execute function refuse_change();

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

-- The price of one unit at a tenant, as an order made now would have it: never what a button says.
create function quote(of_tenant text, of_product text)
returns table (currency text, base_price bigint, markup_kind text, markup_value bigint, markup bigint)
language sql stable as $$
  select p.currency, p.base_price, t.markup_kind, v.value,
    case when t.markup_kind = 'fixed' then v.value else div(p.base_price::numeric * v.value + 5000, 10000) end::bigint
  from product p join tenant t on t.id = of_tenant
  left join tenant_fixed_markup f on f.tenant_id = t.id and f.currency = p.currency
  cross join lateral (
    select case when t.markup_kind = 'fixed' then coalesce(f.amount, 0) else t.markup_hundredths end as value
  ) v
  where p.id = of_product
$$;

-- Goods for an order, all of them or none: the oldest free units that nobody else is about to take. Units that another
-- order holds and may yet give back are waited for (facts/money.md, trap 3).
-- Returns how many are free when there are too few, and null when the order has its goods.
create function take_stock(for_order bigint, of_product text, wanted integer, until timestamptz)
returns bigint language plpgsql as $$
declare
  taken integer;
  free bigint;
begin
  for attempt in 1 .. 200 loop
    begin
      with picked as (
        select id from stock_unit where product_id = of_product and state = 'available'
        order by added_at, id limit wanted for update skip locked
      )
      update stock_unit u set order_id = for_order, reserved_until = until,
        state = case when until is null then 'sold' else 'reserved' end,
        sold_at = case when until is null then clock_timestamp() end
      from picked where u.id = picked.id;
      get diagnostics taken = row_count;
      if taken = wanted then
        return null;
      end if;
      -- Gives back what was picked, and its locks.
      raise exception using errcode = 'BF001';
    exception when sqlstate 'BF001' then
      select count(*) into free from (
        select from stock_unit where product_id = of_product and state = 'available' limit wanted
      ) as still_there;
      if free < wanted then
        return free;
      end if;
      perform pg_sleep(least(0.02, 0.001 * attempt));
    end;
  end loop;
  raise exception 'the stock of % is too busy', of_product using errcode = 'serialization_failure';
end $$;

-- Moves the money of an order whose goods are taken, and notes them and the agent's profit. The buyer's account is
-- locked already.
create function settle_order(o customer_order, buyer_account bigint, maturity interval, actor text)
returns customer_order language plpgsql as $$
declare
  entry bigint;
  revenue bigint := o.base_price * o.quantity - o.discount;
  profit bigint := o.markup * o.quantity;
begin
  insert into order_unit (order_id, unit_id) select o.id, id from stock_unit where order_id = o.id;
  if o.total > 0 then
    insert into journal_entry (kind, reference, tenant_id, actor)
    values ('sale', o.id::text, o.tenant_id, actor) returning id into entry;
    insert into transfer (entry_id, currency, from_account, to_account, amount)
    select entry, o.currency, buyer_account, leg.account, leg.amount
    from (values (account_of('master', 'revenue', o.currency), revenue),
      (case when profit > 0 then account_of(o.tenant_id, 'pending', o.currency) end, profit)) as leg (account, amount)
    where leg.amount > 0;
  end if;
  if profit > 0 then
    insert into agent_profit (order_id, tenant_id, currency, amount, mature_at)
    values (o.id, o.tenant_id, o.currency, profit, clock_timestamp() + maturity);
  end if;
  update customer_order set status = 'paid', paid_at = clock_timestamp(), pay_until = null
  where id = o.id returning * into o;
  return o;
end $$;

-- Why a customer may not order this now, by a word; null when nothing speaks against it.
create function order_refusal(o customer_order, shown_unit_price bigint, out word text, out detail bigint)
language plpgsql as $$
declare
  offer record;
  bought bigint;
begin
  select t.status as tenant_status, c.blocked_at, c.erased_at, p.status, p.visible_to_agents, p.limit_per_customer
  into offer
  from customer c join tenant t on t.id = c.tenant_id join product p on p.id = o.product_id
  where c.id = o.customer_id;
  word := case
    when offer.tenant_status = 'paused' then 'shop_paused'
    when offer.blocked_at is not null or offer.erased_at is not null then 'customer_blocked'
    when offer.status <> 'active' or (o.tenant_id <> 'master' and not offer.visible_to_agents) then 'not_for_sale'
    when shown_unit_price <> o.unit_price then 'price_changed'
  end;
  if word = 'price_changed' then
    detail := o.unit_price;
  end if;
  if word is not null or offer.limit_per_customer is null then
    return;
  end if;
  select coalesce(sum(quantity - refunded_units), 0) into bought from customer_order
  where customer_id = o.customer_id and product_id = o.product_id and id <> o.id
    and status in ('reserved', 'paid', 'partly_refunded');
  if bought + o.quantity > offer.limit_per_customer then
    word := 'over_limit';
    detail := greatest(0, offer.limit_per_customer - bought);
  end if;
end $$;

-- The whole order in one round trip: quote, goods, money, profit. Asked again with the same key it says the same; with
-- the same key and other contents it is refused, and writes nothing. Locks: the order, the buyer's account, the goods,
-- and last the balances (facts/money.md, trap 8).
create function place_order(
  of_tenant text, of_customer text, of_instance text, of_product text, wanted integer, with_key text,
  -- What the buyer was shown for one unit; null takes whatever it is now.
  shown_unit_price bigint,
  -- Null pays at once from the balance; else the goods are held for so long, to be paid by pay_order().
  hold interval,
  maturity interval, actor text
) returns customer_order language plpgsql as $$
declare
  o customer_order;
  price record;
  buyer_account bigint;
  spendable bigint;
  free bigint;
  refused record;
begin
  select * into price from quote(of_tenant, of_product);
  if price.currency is null then
    raise exception 'no product %', of_product using errcode = 'BF404';
  end if;
  insert into customer_order (tenant_id, customer_id, instance_id, product_id, key, quantity, currency, base_price,
    markup_kind, markup_value, markup, unit_price, total, status, pay_until)
  values (of_tenant, of_customer, of_instance, of_product, with_key, wanted, price.currency, price.base_price,
    price.markup_kind, price.markup_value, price.markup, price.base_price + price.markup,
    (price.base_price + price.markup) * wanted, 'reserved', clock_timestamp() + coalesce(hold, interval '1 minute'))
  on conflict on constraint customer_order_once do nothing
  returning * into o;
  if o.id is null then
    select * into o from customer_order where tenant_id = of_tenant and key = with_key;
    if (o.customer_id, o.product_id, o.quantity) is distinct from (of_customer, of_product, wanted) then
      raise exception 'this key belongs to another order' using errcode = 'BF409';
    end if;
    return o;
  end if;
  buyer_account := account_of(of_tenant, 'customer', o.currency, of_customer);
  select balance into spendable from account where id = buyer_account for update;
  select * into refused from order_refusal(o, shown_unit_price);
  if refused.word is null and hold is null and spendable < o.total then
    refused.word := 'not_enough_balance';
    refused.detail := o.total - spendable;
  end if;
  if refused.word is null then
    free := take_stock(o.id, of_product, wanted, case when hold is not null then o.pay_until end);
    if free is not null then
      refused.word := case when free = 0 then 'sold_out' else 'fewer_left' end;
      refused.detail := free;
    end if;
  end if;
  if refused.word is not null then
    update customer_order set status = 'refused', refusal = refused.word, refusal_detail = refused.detail, pay_until = null
    where id = o.id returning * into o;
    return o;
  end if;
  if hold is not null then
    return o;
  end if;
  return settle_order(o, buyer_account, maturity, actor);
end $$;

-- Pays an order whose goods are held. Says what became of it when it is no longer held.
create function pay_order(of_order bigint, maturity interval, actor text) returns customer_order language plpgsql as $$
declare
  o customer_order;
  buyer_account bigint;
  spendable bigint;
begin
  select * into o from customer_order where id = of_order for update;
  if o.status <> 'reserved' or o.pay_until <= clock_timestamp() then
    return o;
  end if;
  buyer_account := account_of(o.tenant_id, 'customer', o.currency, o.customer_id);
  select balance into spendable from account where id = buyer_account for update;
  if spendable < o.total then
    return o;
  end if;
  update stock_unit set state = 'sold', reserved_until = null, sold_at = clock_timestamp() where order_id = o.id;
  return settle_order(o, buyer_account, maturity, actor);
end $$;

-- Puts the goods of orders that were not paid in time back on the shelf. Returns how many orders.
create function release_unpaid_orders(at_most integer) returns integer language plpgsql as $$
declare
  ids bigint[];
begin
  select array_agg(id) into ids from (
    select id from customer_order where status = 'reserved' and pay_until <= clock_timestamp()
    order by pay_until limit at_most for update skip locked
  ) as due;
  if ids is null then
    return 0;
  end if;
  update stock_unit set state = 'available', order_id = null, reserved_until = null
  where order_id = any(ids) and state = 'reserved';
  update customer_order set status = 'cancelled', pay_until = null where id = any(ids);
  return cardinality(ids);
end $$;
