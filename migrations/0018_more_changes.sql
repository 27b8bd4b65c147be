-- Up Migration
-- What else is shown live: goods and their shelf, customers, broadcasts, shops (migration 0016 has the rest).

alter table change_event drop constraint change_event_topic_check;
alter table change_event add constraint change_event_topic_check check (topic in ('instance', 'pairing', 'server', 'order',
  'top_up', 'withdrawal', 'access', 'catalogue', 'customer', 'broadcast', 'shop'));

create or replace function note_change(of_topic text, of_subject text, of_tenant text, about jsonb)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_current_xact_id();
  insert into change_event (topic, subject, tenant_id, details) values (of_topic, of_subject, of_tenant, about);
  -- Every commit that notifies waits for the one before it: orders and customers are many, and found by looking.
  if of_topic not in ('order', 'customer') then
    perform pg_notify('botfleet_change', '');
  end if;
end $$;

-- A product or a category by its id; one note a transaction, however many units it lays on the shelf or takes away.
create function note_catalogue_change(of_subject text)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  mark text := of_subject || ' ' || pg_current_xact_id()::text;
begin
  if current_setting('botfleet.catalogue_noted', true) is not distinct from mark then
    return;
  end if;
  perform set_config('botfleet.catalogue_noted', mark, true);
  perform note_change('catalogue', of_subject, null, '{}');
end $$;

create function note_product_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_catalogue_change(new.id);
  return null;
end $$;
create trigger product_new_noted after insert on product for each row execute function note_product_change();
-- Who was told of a low stock changes nothing that is shown.
create trigger product_change_noted after update on product for each row
  when ((old.name, old.description, old.translations, old.category_id, old.base_price, old.status, old.visible_to_agents,
      old.limit_per_customer, old.low_stock_threshold, old.position, old.picture_id)
    is distinct from (new.name, new.description, new.translations, new.category_id, new.base_price, new.status,
      new.visible_to_agents, new.limit_per_customer, new.low_stock_threshold, new.position, new.picture_id))
  execute function note_product_change();

create function note_category_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_catalogue_change('category ' || new.id);
  return null;
end $$;
create trigger category_new_noted after insert on category for each row execute function note_category_change();
create trigger category_change_noted after update on category for each row
  when (old.* is distinct from new.*) execute function note_category_change();

-- Goods come in batches, whose row says at the end how many they were; orders note themselves what they take.
create function note_stock_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_catalogue_change(case when tg_op = 'DELETE' then old.product_id else new.product_id end);
  return null;
end $$;
create trigger stock_batch_change_noted after update of added on stock_batch for each row
  when (old.added <> new.added) execute function note_stock_change();
create trigger stock_unit_spoilt_noted after update of state on stock_unit for each row
  when (old.state = 'available' and new.state = 'spoilt') execute function note_stock_change();
create trigger stock_unit_removed_noted after delete on stock_unit for each row execute function note_stock_change();

-- Of customers that come many at a time, the last of each shop.
create function note_new_customers() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('customer', newest, tenant_id, '{}')
  from (select tenant_id, max(id) as newest from fresh group by tenant_id) as shop;
  return null;
end $$;
create trigger customer_new_noted after insert on customer referencing new table as fresh
  for each statement execute function note_new_customers();

create function note_customer_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('customer', new.id, new.tenant_id, '{}');
  return null;
end $$;
-- When somebody was last seen, every message says.
create trigger customer_change_noted after update of blocked_at, erased_at on customer for each row
  when ((old.blocked_at, old.erased_at) is distinct from (new.blocked_at, new.erased_at))
  execute function note_customer_change();

-- Other money of customers moves with an order or a top-up, which note themselves.
create function note_adjustment() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('customer', split_part(new.reference, ':', 1), new.tenant_id, '{}');
  return null;
end $$;
create trigger adjustment_noted after insert on journal_entry for each row
  when (new.kind = 'adjustment') execute function note_adjustment();

create function note_broadcast_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('broadcast', new.id::text, new.tenant_id, jsonb_build_object('status', new.state));
  return null;
end $$;
create trigger broadcast_new_noted after insert on broadcast for each row execute function note_broadcast_change();
create trigger broadcast_change_noted after update on broadcast for each row
  when ((old.state, old.filled_at) is distinct from (new.state, new.filled_at))
  execute function note_broadcast_change();

create function note_tenant_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('shop', new.id, new.id, '{}');
  return null;
end $$;
create trigger tenant_new_noted after insert on tenant for each row execute function note_tenant_change();
create trigger tenant_change_noted after update on tenant for each row
  when (old.* is distinct from new.*) execute function note_tenant_change();

create function note_shop_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  of_tenant text := case when tg_op = 'DELETE' then old.tenant_id else new.tenant_id end;
begin
  perform note_change('shop', of_tenant, of_tenant, '{}');
  return null;
end $$;
create trigger tenant_fixed_markup_noted after insert or update or delete on tenant_fixed_markup
  for each row execute function note_shop_change();
create trigger tenant_text_noted after insert or update or delete on tenant_text
  for each row execute function note_shop_change();
create trigger tenant_owner_noted after insert or delete on tenant_owner
  for each row execute function note_shop_change();

revoke execute on function note_catalogue_change, note_product_change, note_category_change, note_stock_change,
  note_new_customers, note_customer_change, note_adjustment, note_broadcast_change, note_tenant_change, note_shop_change
  from public;
