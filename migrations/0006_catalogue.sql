-- Up Migration
-- What is for sale: it belongs to the master, and every tenant sells it (seed rows S0-002, S0-010).

create table category (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 100),
  -- Names in other languages: {"fa": "..."}.
  names jsonb not null default '{}',
  position integer not null default 0,
  archived_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index category_name on category (lower(name)) where archived_at is null;

create table product (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9_-]{0,29}$'),
  category_id bigint references category (id),
  name text not null check (length(name) between 1 and 200),
  description text not null default '' check (length(description) <= 3000),
  -- Name and description in other languages: {"fa": {"name": "...", "description": "..."}}.
  translations jsonb not null default '{}',
  currency text not null references currency (code),
  base_price bigint not null check (base_price > 0),
  status text not null default 'active' check (status in ('active', 'hidden', 'archived')),
  visible_to_agents boolean not null default true,
  limit_per_customer integer check (limit_per_customer > 0),
  low_stock_threshold integer check (low_stock_threshold >= 0),
  -- Set while everybody concerned knows; cleared when there is enough again.
  low_stock_noticed_at timestamptz,
  position integer not null default 0,
  picture bytea check (octet_length(picture) <= 5 * 1024 * 1024),
  picture_type text check (picture_type in ('image/jpeg', 'image/png', 'image/webp')),
  -- Changes with the picture, so that what a channel keeps of it is known to be of this one.
  picture_id text check (picture_id ~ '^[0-9a-f]{16}$'),
  created_at timestamptz not null default now(),
  created_by text not null,
  updated_at timestamptz not null default now(),
  constraint product_picture_has_type check ((picture is null) = (picture_type is null)
    and (picture is null) = (picture_id is null))
);
create index product_of_category on product (category_id, position) where status = 'active';

-- The currency of a product stays: its orders and its stock were priced in it.
create function guard_product() returns trigger language plpgsql as $$
begin
  if new.currency <> old.currency or new.id <> old.id then
    raise exception 'a product keeps its id and its currency' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger product_guarded before update of id, currency on product for each row execute function guard_product();

-- The key of the fingerprints below, sealed: it stays when the keys that seal are changed, so that what is in stock
-- already is known again.
create table stock_key (
  only_one boolean primary key default true check (only_one),
  key_id text not null,
  sealed text not null
);

create table stock_batch (
  id bigint generated always as identity primary key,
  product_id text not null references product (id),
  -- The file it came from, as whoever added it named it.
  source text not null check (length(source) between 1 and 255),
  added integer not null default 0,
  duplicates integer not null default 0,
  at timestamptz not null default now(),
  by text not null
);
create index stock_batch_product on stock_batch (product_id, id desc);

create domain stock_kind as text check (value in ('line', 'file'));
create domain stock_state as text check (value in ('available', 'reserved', 'sold', 'spoilt'));
create domain file_name as text check (length(value) between 1 and 255);
create domain fingerprint as bytea check (octet_length(value) = 32);

create table stock_unit (
  id bigint generated always as identity primary key,
  product_id text not null references product (id),
  -- Of stock_batch, and no foreign key: it would take a fifth of the time of an import, whose own it is.
  batch_id bigint,
  kind stock_kind not null default 'line',
  file_name file_name,
  -- The goods, sealed (domain/keyring.ts).
  key_id text not null,
  sealed text not null,
  -- HMAC of the goods under a key of ours: the same line is stocked once, and nobody can guess it from here.
  fingerprint fingerprint not null,
  state stock_state not null default 'available',
  order_id bigint,
  reserved_until timestamptz,
  added_at timestamptz not null default now(),
  sold_at timestamptz,
  constraint stock_unit_file_has_name check ((kind = 'file') = (file_name is not null)),
  constraint stock_unit_of_order check (state = 'spoilt' or (state = 'available') = (order_id is null)),
  constraint stock_unit_reserved_for_a_while check ((state = 'reserved') = (reserved_until is not null))
);
create unique index stock_unit_once on stock_unit (product_id, fingerprint);
-- The next to be sold: (added_at, id) keeps the planner off the primary key (facts/money.md, trap 1).
create index stock_unit_free on stock_unit (product_id, added_at, id) where state = 'available';
create index stock_unit_reserved on stock_unit (reserved_until) where state = 'reserved';
create index stock_unit_of_order on stock_unit (order_id) where order_id is not null;

-- The paths that goods may take. What was sold comes back only refunded, and only when somebody says that it is unused.
create function guard_stock_unit() returns trigger language plpgsql as $$
begin
  if new.id <> old.id or new.product_id <> old.product_id or new.fingerprint <> old.fingerprint
    or new.kind <> old.kind then
    raise exception 'a unit of stock stays what it is' using errcode = 'restrict_violation';
  end if;
  if new.state <> old.state and (old.state, new.state) not in (('available', 'reserved'), ('available', 'sold'),
    ('available', 'spoilt'), ('reserved', 'available'), ('reserved', 'sold'), ('sold', 'spoilt'), ('sold', 'available'))
  then
    raise exception 'stock does not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  if new.state = old.state and new.order_id is distinct from old.order_id then
    raise exception 'a unit of stock changes hands by way of the shelf' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger stock_unit_guarded before update of id, product_id, kind, fingerprint, state, order_id on stock_unit
  for each row execute function guard_stock_unit();
create function guard_stock_removal() returns trigger language plpgsql as $$
begin
  raise exception 'what was sold is kept' using errcode = 'restrict_violation';
end $$;
create trigger stock_unit_kept before delete on stock_unit for each row
  when (old.order_id is not null) execute function guard_stock_removal();
create trigger stock_unit_no_truncate before truncate on stock_unit for each statement execute function refuse_change();

-- Customers who want to hear when it is there again.
create table restock_wish (
  product_id text not null references product (id),
  customer_id text not null references customer (id),
  instance_id text not null references instance (id),
  at timestamptz not null default now(),
  primary key (product_id, customer_id)
);
