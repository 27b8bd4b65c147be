-- Up Migration
-- What the gateway's transactions may see and change: rows of the tenant whose worker speaks (design section 7). The
-- services ask by tenant themselves; this stands behind them. Owners of the tables, which the CLI and the server's own
-- work are, go past it.

-- The instance and the tenant of the fence that a transaction named, where its epoch and nonce are the lease's: whoever
-- may set the setting does not know another worker's nonce. Null otherwise.
create function gateway_instance() returns text language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
  said text[] := string_to_array(current_setting('botfleet.fence', true), ':');
begin
  return (select instance_id from instance_lease
    where instance_id = said[1] and epoch::text = said[2] and nonce = said[3] and phase <> 'idle');
end $$;
create function gateway_tenant() returns text language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
  said text[] := string_to_array(current_setting('botfleet.fence', true), ':');
begin
  return (select i.tenant_id from instance_lease l join instance i on i.id = l.instance_id
    where l.instance_id = said[1] and l.epoch::text = said[2] and l.nonce = said[3] and l.phase <> 'idle');
end $$;

-- For functions that run as the owner of the tables: refuses what is about another tenant than the caller's fence says.
-- Who owns the tables, or may become who does, is refused nothing.
create function assert_gateway_tenant(of_tenant text) returns void language plpgsql stable as $$
declare
  caller text := current_setting('role');
begin
  if caller = 'none' then
    caller := session_user;
  end if;
  if caller <> current_user and not pg_has_role(caller, current_user, 'member')
    -- Nobody's tenant is not that of nobody, either.
    and (of_tenant = gateway_tenant()) is not true
  then
    raise exception 'this is not of the tenant that speaks' using errcode = 'insufficient_privilege';
  end if;
end $$;

-- The fence's lock (design section 5, point 5): the gateway's role may not read leases, whose nonces prove who speaks.
create function hold_lease(for_instance text, with_epoch bigint, with_nonce text)
returns setof text language plpgsql security definer set search_path = public, pg_temp as $$
begin
  return query select instance_id from instance_lease
    where instance_id = for_instance and epoch = with_epoch and nonce = with_nonce and phase <> 'idle' for share;
end $$;

-- Free units, counted up to a limit: what is on the shelf is nobody's yet, and only its number is to be known.
create function count_free(of_product text, at_most integer)
returns integer language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select count(*) from (
    select from stock_unit where product_id = of_product and state = 'available' limit at_most) as free);
end $$;

-- Whether somebody of ours was given this code: who holds it may use it, in whichever bot.
create function is_link_code(hash bytea)
returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (select from link_code where code_hash = hash and user_id is not null);
end $$;

-- What a message that a bot has in hand says besides itself: the shop that the master's bot stands in for, and the words
-- of a broadcast. Volatile, since the same statement has just taken the message.
create function words_of_message(message bigint, by_instance text, out shop text, out html text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  own text := (select tenant_id from instance where id = by_instance);
begin
  perform assert_gateway_tenant(own);
  select t.name, b.html into shop, html from outbox_message m
  left join tenant t on t.id = m.tenant_id and t.id <> own
  left join broadcast b on b.id = coalesce(m.broadcast_id, (m.payload ->> 'broadcast')::bigint)
    and b.tenant_id = m.tenant_id
  where m.id = message and m.state = 'claimed' and m.instance_id = by_instance;
end $$;

-- What moves money, goods and messages runs as the owner of the tables and asks assert_gateway_tenant itself.
alter function place_order security definer set search_path = public, pg_temp;
alter function request_top_up security definer set search_path = public, pg_temp;
alter function request_withdrawal security definer set search_path = public, pg_temp;
alter function release_withdrawal security definer set search_path = public, pg_temp;
alter function outbox_due security definer set search_path = public, pg_temp;
alter function outbox_next security definer set search_path = public, pg_temp;
alter function outbox_settle security definer set search_path = public, pg_temp;
alter function tell_customer security definer set search_path = public, pg_temp;
alter function tell_chat security definer set search_path = public, pg_temp;
alter function tell_owners security definer set search_path = public, pg_temp;
-- Any tenant may have something to tell the master's people.
alter function tell_admins security definer set search_path = public, pg_temp;

-- Everything but what all tenants share. Without a policy nothing of a table is seen.
do $$
declare
  closed regclass;
begin
  for closed in
    select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and relname not in ('schema_migration', 'currency', 'category', 'product', 'expiry_pause')
  loop
    execute format('alter table %s enable row level security', closed);
  end loop;
end $$;

create policy own on tenant using (id = (select gateway_tenant()));
create policy own on tenant_fixed_markup using (tenant_id = (select gateway_tenant()));
create policy own on tenant_text using (tenant_id = (select gateway_tenant()));
create policy own on tenant_owner using (tenant_id = (select gateway_tenant()));
create policy own on link_code using (tenant_id = (select gateway_tenant()));
create policy own on instance using (tenant_id = (select gateway_tenant()));
-- Who belongs to no agent is the master's.
create policy own on app_user using (coalesce(tenant_id, 'master') = (select gateway_tenant()));
create policy own on chat_identity using (exists (
  select from app_user u where u.id = user_id and coalesce(u.tenant_id, 'master') = (select gateway_tenant())));
create policy own on audit_log for insert with check (tenant_id = (select gateway_tenant()));

create policy own on customer using (tenant_id = (select gateway_tenant()));
-- What one bot knows is its own, within its tenant, too.
create policy own on customer_chat using (instance_id = (select gateway_instance()));
create policy own on conversation_state using (instance_id = (select gateway_instance()));
create policy own on handled_update using (instance_id = (select gateway_instance()));
create policy own on channel_mark using (instance_id = (select gateway_instance()));
create policy own on restock_wish using (exists (
  select from customer c where c.id = customer_id and c.tenant_id = (select gateway_tenant())));

create policy own on account using (tenant_id = (select gateway_tenant()));
create policy own on journal_entry using (tenant_id = (select gateway_tenant()));
create policy own on transfer using (exists (
  select from journal_entry e where e.id = entry_id and e.tenant_id = (select gateway_tenant())));

create policy own on customer_order using (tenant_id = (select gateway_tenant()));
create policy own on agent_profit using (tenant_id = (select gateway_tenant()));
create policy own on order_refund using (exists (
  select from customer_order o where o.id = order_id and o.tenant_id = (select gateway_tenant())));
create policy own on refunded_unit using (exists (
  select from customer_order o where o.id = order_id and o.tenant_id = (select gateway_tenant())));
-- Goods are seen by whose customer bought them.
create policy own on stock_unit using (exists (
  select from customer_order o where o.id = order_id and o.tenant_id = (select gateway_tenant())));

-- Asking for money and giving that up are all that a bot can do about it.
create policy own on top_up using (tenant_id = (select gateway_tenant()))
  with check (tenant_id = (select gateway_tenant()) and state = 'cancelled');
create policy own on payment using (tenant_id = (select gateway_tenant()));
create policy own on withdrawal using (tenant_id = (select gateway_tenant()));
create policy own on withdrawal_approval using (exists (
  select from withdrawal w where w.id = withdrawal_id and w.tenant_id = (select gateway_tenant())));

create policy own on broadcast using (tenant_id = (select gateway_tenant()));
-- And what the master's bot has in hand for a tenant whose own bots are out.
create policy own on outbox_message
  using (tenant_id = (select gateway_tenant()) or instance_id = (select gateway_instance()));

-- Only what is granted below may be called by anybody but the owner.
do $$
declare
  closed regprocedure;
begin
  for closed in
    select oid from pg_proc where pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.objid = pg_proc.oid and d.deptype = 'e')
  loop
    execute format('revoke execute on routine %s from public', closed);
  end loop;
end $$;

-- What stands between this database's user and the role: nothing (`ready`), or that it is `missing`, `not_granted` to
-- the user, `not_equipped` in this database, or `unbound` by any policy.
create function gateway_role_state() returns text language plpgsql stable as $$
declare
  found pg_roles;
begin
  select * into found from pg_roles where rolname = 'botfleet_gateway';
  return case
    when found.rolname is null then 'missing'
    when found.rolsuper or found.rolbypassrls then 'unbound'
    when not pg_has_role('botfleet_gateway',
      case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end)
      then 'not_granted'
    when not has_table_privilege('botfleet_gateway', 'customer', 'insert') then 'not_equipped'
    else 'ready'
  end;
end $$;

-- Makes the role where this user may, and gives it its rights in this database. The role belongs to the whole server:
-- another database's migration may make it at the same moment. May be called again at any time. Says what came of it.
create function equip_gateway_role() returns text language plpgsql as $$
begin
  if gateway_role_state() = 'missing' then
    begin
      create role botfleet_gateway nologin;
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise notice 'this user may not create the role botfleet_gateway: row-level security stays without effect';
        return 'missing';
    end;
  end if;
  for attempt in 1 .. 5 loop
    exit when gateway_role_state() <> 'not_granted';
    begin
      execute format('grant botfleet_gateway to %I %s', current_user,
        case when current_setting('server_version_num')::integer >= 160000 then 'with inherit false, set true' end);
    exception
      when insufficient_privilege then
        raise notice 'this user may not grant itself the role botfleet_gateway: row-level security stays without effect';
        exit;
      -- Two that do so at once: one of them is told that the other was faster.
      when internal_error or unique_violation then perform pg_sleep(0.05 * attempt);
    end;
  end loop;

  grant usage on schema public to botfleet_gateway;
  grant select on currency, category, product, expiry_pause, tenant, tenant_fixed_markup, tenant_text, tenant_owner,
    link_code, instance, chat_identity, customer, customer_chat, conversation_state, handled_update, channel_mark,
    restock_wish, account, journal_entry, transfer, customer_order, agent_profit, order_refund, refunded_unit, order_unit,
    stock_unit, top_up, payment, withdrawal, withdrawal_approval, broadcast, outbox_message to botfleet_gateway;
  grant select (id, username, role, tenant_id, disabled_at) on app_user to botfleet_gateway;
  grant insert on audit_log, tenant_fixed_markup, tenant_text, tenant_owner, customer, customer_chat, conversation_state,
    handled_update, restock_wish to botfleet_gateway;
  grant update (markup_kind, markup_hundredths, support_link, channel_link, announcement_link, extra_links, notice_chat_id,
    updated_at) on tenant to botfleet_gateway;
  grant update (amount) on tenant_fixed_markup to botfleet_gateway;
  grant update (html, updated_at, updated_by) on tenant_text to botfleet_gateway;
  grant update (used_at) on link_code to botfleet_gateway;
  grant update (username, display_name, last_seen_at, language, language_hint, broadcasts_off_at)
    on customer to botfleet_gateway;
  grant update (chat_id, blocked_at) on customer_chat to botfleet_gateway;
  grant update (state, updated_at) on conversation_state to botfleet_gateway;
  grant update (outcome, answered_at, answer_marks) on handled_update to botfleet_gateway;
  grant update (instance_id) on restock_wish to botfleet_gateway;
  grant update (state, ended_at, ended_by, reason) on top_up to botfleet_gateway;
  grant update (parts_sent, answer_marks, claimed_until) on outbox_message to botfleet_gateway;
  grant delete on conversation_state, tenant_text to botfleet_gateway;
  grant execute on function gateway_instance, gateway_tenant, hold_lease, count_free, is_link_code, words_of_message,
    subscription_clock, quote, moves_of, place_order, request_top_up, request_withdrawal, release_withdrawal, outbox_due,
    outbox_next, outbox_settle, tell_customer, tell_chat, tell_owners, tell_admins to botfleet_gateway;
  return gateway_role_state();
end $$;
revoke execute on function gateway_role_state, equip_gateway_role from public;
select equip_gateway_role();
