-- Up Migration
-- What a WhatsApp bot keeps: the session of its linked device, the inbox, what it has sent, and by which names it knows a
-- person. A worker's call on these is one statement: a function that passes the fence itself and commits by itself. Keys of
-- rows are blinded (HMAC), values are sealed (domain/keyring.ts): neither a number nor a word stands here to be read.

-- The fence (design section 5, point 5): `passed`, `fenced` (epoch or nonce stale, or the instance may not run and is not
-- draining either), `time_up` (only the clock speaks against it). `also_pairs` lets in a worker that links the device of an
-- instance that nobody has approved yet. Each look is a statement of its own, so that the second one sees what the lock
-- has waited for.
create function look_at_fence(for_instance text, with_epoch bigint, with_nonce text, also_pairs boolean,
  out verdict text, out tenant text, out channel text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  verdict := 'fenced';
  perform from hold_lease(for_instance, with_epoch, with_nonce);
  if not found then
    return;
  end if;
  select case when i.state <> 'stopping' and i.expires_at <= subscription_clock() then 'time_up' else 'passed' end,
    i.tenant_id, i.platform
  into verdict, tenant, channel from instance i
  where i.id = for_instance
    and (i.status = 'approved' or i.state = 'stopping' or also_pairs and i.status = 'new' and i.desired = 'pairing');
  verdict := coalesce(verdict, 'fenced');
end $$;

-- The same for functions that are a whole call: raises BF403 for `fenced`, BF503 for `time_up`.
create function pass_fence(for_instance text, with_epoch bigint, with_nonce text, also_pairs boolean,
  out tenant text, out channel text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  verdict text;
begin
  select f.verdict, f.tenant, f.channel into verdict, tenant, channel
  from look_at_fence(for_instance, with_epoch, with_nonce, also_pairs) f;
  if verdict = 'fenced' then
    raise exception 'this worker no longer holds its instance' using errcode = 'BF403';
  elsif verdict = 'time_up' then
    raise exception 'the subscription has ended by the clock' using errcode = 'BF503';
  end if;
end $$;

-- Whoever writes boxes sealed under a key says so first, and holds this lock until its commit: a rotation that believes
-- itself at its end waits for that and looks again; of one that has ended the key is known to be in use again.
create function use_key(with_key text) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('sealing under ' || with_key, 0));
  if not exists (select from key_fingerprint where key_id = with_key and retired_at is null) then
    insert into key_fingerprint (key_id) values (with_key) on conflict (key_id) do update set retired_at = null;
  end if;
end $$;

-- The linked device's credentials. No row: no device was linked, or it was unlinked (`whatsapp_forget`).
create table whatsapp_session (
  instance_id text primary key references instance (id),
  key_id text not null,
  sealed text not null,
  -- Since when the device is really linked; null while a pairing is under way.
  linked_at timestamptz,
  updated_at timestamptz not null default now()
);

-- Its keys, a row each, some of which change with every message.
create table whatsapp_key (
  instance_id text not null references instance (id),
  id bytea not null check (octet_length(id) = 32),
  key_id text not null,
  sealed text not null,
  primary key (instance_id, id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);

create domain whatsapp_state as text check (value in ('queued', 'written', 'failed', 'acked', 'delivered'));

-- What the bot has sent: the way of each message, and its words for who asks for them once more.
create table whatsapp_message (
  instance_id text not null references instance (id),
  id bytea not null check (octet_length(id) = 32),
  -- In the order in which they go out.
  number bigint generated always as identity,
  state whatsapp_state not null default 'queued',
  reason text check (length(reason) <= 500),
  key_id text not null,
  sealed text not null,
  at timestamptz not null default now(),
  state_at timestamptz not null default now(),
  primary key (instance_id, id),
  constraint whatsapp_message_failed_for_a_reason check ((state = 'failed') = (reason is not null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create index whatsapp_message_queued on whatsapp_message (instance_id, number) where state = 'queued';
create index whatsapp_message_at on whatsapp_message (at);

-- A box is noise: to press it is wasted time.
alter table whatsapp_session alter column sealed set storage external;
alter table whatsapp_key alter column sealed set storage external;
alter table whatsapp_message alter column sealed set storage external;

-- The inbox: an update that has arrived and waits for its turn has no outcome yet; its words are kept until it is answered.
alter table handled_update
  alter column outcome drop not null,
  add column key_id text,
  add column body text,
  add constraint handled_update_sealed check ((body is null) = (key_id is null)),
  add constraint handled_update_waits_with_its_words check (outcome is not null or body is not null);
create index handled_update_waiting on handled_update (instance_id, at, key) where body is not null;

-- A person's LID, and the phone number that it was seen with. The number is who the person is (customer.platform_user_id).
create table whatsapp_identity (
  tenant_id text not null references tenant (id),
  lid text not null check (lid ~ '^[0-9]{1,20}@lid$'),
  phone text not null check (phone ~ '^[0-9]{7,15}$'),
  -- Both were customers who had dealings before this was known: they stay two until somebody settles it.
  apart boolean not null default false,
  at timestamptz not null default now(),
  primary key (tenant_id, lid)
);

-- The name under which a person is a customer.
create function known_as(of_tenant text, on_channel text, name text) returns text language sql stable as $$
  select coalesce((
    select phone from whatsapp_identity
    where on_channel = 'whatsapp' and tenant_id = of_tenant and lid = name and not apart
  ), name)
$$;

-- Whether anything of money was ever about a customer.
create function has_dealings(c customer) returns boolean language sql stable as $$
  select exists (select from account a where a.tenant_id = c.tenant_id and a.kind = 'customer' and a.customer_id = c.id)
    or exists (select from customer_order o where o.tenant_id = c.tenant_id and o.customer_id = c.id)
    or exists (select from top_up t where t.tenant_id = c.tenant_id and t.customer_id = c.id)
    or exists (select from payment p where p.tenant_id = c.tenant_id and p.customer_id = c.id)
$$;

-- Notes that a LID is a phone number's, and makes one customer of two names where no money has to move for it: who has
-- dealings goes on, under the number, and the other one is left behind, erased. Where both have, they stay apart.
create function join_identity(of_tenant text, of_lid text, of_phone text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  by_lid customer;
  by_phone customer;
  stays customer;
  leaves customer;
  took text := 'joined';
begin
  perform assert_gateway_tenant(of_tenant);
  if exists (select from whatsapp_identity where tenant_id = of_tenant and lid = of_lid and phone = of_phone) then
    return;
  end if;
  insert into whatsapp_identity as known (tenant_id, lid, phone) values (of_tenant, of_lid, of_phone)
  on conflict (tenant_id, lid) do update set phone = excluded.phone, apart = false, at = now()
  where known.phone <> excluded.phone;
  if not found then
    return;
  end if;
  perform from customer where tenant_id = of_tenant and platform = 'whatsapp' and platform_user_id in (of_lid, of_phone)
  order by id for update;
  select * into by_lid from customer
  where tenant_id = of_tenant and platform = 'whatsapp' and platform_user_id = of_lid;
  select * into by_phone from customer
  where tenant_id = of_tenant and platform = 'whatsapp' and platform_user_id = of_phone;
  if by_lid.id is not null and by_phone.id is not null and has_dealings(by_lid) and has_dealings(by_phone) then
    update whatsapp_identity set apart = true where tenant_id = of_tenant and lid = of_lid;
    took := 'stay_apart';
  elsif by_lid.id is not null then
    if by_phone.id is not null then
      stays := case when has_dealings(by_lid) then by_lid else by_phone end;
      leaves := case when stays.id = by_lid.id then by_phone else by_lid end;
      update customer set platform_user_id = 'erased:' || gen_random_uuid(), username = null, display_name = null,
        language = null, language_hint = null, blocked_at = null, blocked_reason = null, broadcasts_off_at = null,
        erased_at = clock_timestamp()
      where id = leaves.id;
      update outbox_message set payload = '{}', last_error = null, state = 'dropped', ended_at = clock_timestamp()
      where customer_id = leaves.id and state <> 'sent';
      delete from customer_chat where customer_id = leaves.id;
      delete from conversation_state where customer_id = leaves.id;
      delete from restock_wish where customer_id = leaves.id;
      -- What was decided about either of them holds.
      update customer set blocked_at = coalesce(blocked_at, leaves.blocked_at),
        blocked_reason = coalesce(blocked_reason, leaves.blocked_reason),
        broadcasts_off_at = coalesce(broadcasts_off_at, leaves.broadcasts_off_at),
        language = coalesce(language, leaves.language)
      where id = stays.id;
    end if;
    update customer set platform_user_id = of_phone where id = coalesce(stays.id, by_lid.id);
  end if;
  if took = 'joined' then
    insert into tenant_owner (tenant_id, platform, platform_user_id, linked_at)
    select tenant_id, platform, of_phone, linked_at from tenant_owner
    where tenant_id = of_tenant and platform = 'whatsapp' and platform_user_id = of_lid on conflict do nothing;
    delete from tenant_owner where tenant_id = of_tenant and platform = 'whatsapp' and platform_user_id = of_lid;
    update chat_identity set platform_user_id = of_phone
    where platform = 'whatsapp' and platform_user_id = of_lid
      and user_id in (select id from app_user where coalesce(tenant_id, 'master') = of_tenant)
      and not exists (select from chat_identity where platform = 'whatsapp' and platform_user_id = of_phone);
  end if;
  if by_lid.id is not null then
    insert into audit_log (actor, source, action, target_kind, target_id, tenant_id, details)
    values ('system', 'whatsapp', 'customer.' || took, 'customer', coalesce(stays.id, by_lid.id), of_tenant,
      jsonb_strip_nulls(jsonb_build_object('with', coalesce(leaves.id, by_phone.id))));
  end if;
end $$;

-- Makes or refreshes the customer that a person is in a tenant's shop.
create function ensure_customer(of_tenant text, on_channel text, person text, person_username text, person_name text,
  person_hint text, out id text, out language text)
language sql as $$
  insert into customer (id, tenant_id, platform, platform_user_id, username, display_name, language_hint)
  values (gen_random_uuid()::text, of_tenant, on_channel, person, person_username, person_name, person_hint)
  on conflict (tenant_id, platform, platform_user_id) do update
    set username = excluded.username, display_name = excluded.display_name, last_seen_at = now(),
      language_hint = coalesce(excluded.language_hint, customer.language_hint)
  returning id, language
$$;

-- How a turn of a conversation begins: the fence, the update and its nonce taken once, the person known and their chat. An
-- update that waits in the inbox is taken where it stands. Of a turn that was there before: its outcome, whether the answer
-- went out, and the marks of earlier attempts (docs/adr/0004). Where `only_arrives` the outcome is that the person came.
create function open_turn(for_instance text, with_epoch bigint, with_nonce text, update_key text, nonce_key text, mark text,
  person text, person_lid text, person_chat text, person_username text, person_name text, person_hint text,
  languages text[], only_arrives boolean, marks_max integer,
  out tenant text, out channel text, out name text, out customer text, out language text,
  out repeated boolean, out answered boolean, out earlier_marks text[], out outcome jsonb)
language plpgsql as $$
begin
  select f.tenant, f.channel into tenant, channel from pass_fence(for_instance, with_epoch, with_nonce, false) f;
  name := known_as(tenant, channel, person);
  repeated := true;
  answered := false;
  earlier_marks := '{}';
  insert into handled_update as h (instance_id, key, outcome, answer_marks)
  values (for_instance, update_key, 'null', array_remove(array[mark], null))
  on conflict (instance_id, key) do update set outcome = excluded.outcome, answer_marks = excluded.answer_marks
  where h.outcome is null;
  if not found then
    select h.outcome, h.answered_at is not null, h.answer_marks into outcome, answered, earlier_marks
    from handled_update h where h.instance_id = for_instance and h.key = update_key;
    -- This attempt may send, too, and be the one that a later attempt has to look for.
    if mark is not null and not answered then
      update handled_update h
      set answer_marks = (h.answer_marks || mark)[greatest(1, cardinality(h.answer_marks) + 2 - marks_max):]
      where h.instance_id = for_instance and h.key = update_key;
    end if;
    return;
  end if;
  if nonce_key is not null then
    insert into handled_update (instance_id, key, outcome) values (for_instance, nonce_key, 'null')
    on conflict (instance_id, key) do nothing;
    if not found then
      -- The same press under a new update id: it is remembered with the old outcome, and deserves an answer of its own.
      update handled_update h set outcome = old.outcome from handled_update old
      where h.instance_id = for_instance and h.key = update_key
        and old.instance_id = for_instance and old.key = nonce_key
      returning h.outcome into outcome;
      return;
    end if;
  end if;
  repeated := false;
  if channel = 'whatsapp' and person_lid is not null and person ~ '^[0-9]{7,15}$' then
    perform join_identity(tenant, person_lid, person);
  end if;
  select c.id, case when c.language = any(languages) then c.language end into customer, language
  from ensure_customer(tenant, channel, name, person_username, person_name, person_hint) c;
  insert into customer_chat as known (instance_id, customer_id, chat_id) values (for_instance, customer, person_chat)
  on conflict (instance_id, customer_id) do update set chat_id = excluded.chat_id, blocked_at = null
  where known.blocked_at is not null or known.chat_id <> excluded.chat_id;
  if only_arrives then
    outcome := jsonb_build_object('customerId', customer, 'language', language);
    update handled_update h set outcome = open_turn.outcome
    where h.instance_id = for_instance and h.key in (update_key, nonce_key);
  end if;
end $$;

-- Writes messages down before they go out; one that stands here already stays as it is.
create function queue_messages(for_instance text, with_key text, ids bytea[], boxes text[]) returns void
language plpgsql as $$
begin
  if cardinality(ids) = 0 then
    return;
  end if;
  perform use_key(with_key);
  insert into whatsapp_message (instance_id, id, key_id, sealed)
  select for_instance, given.id, with_key, given.box
  from unnest(ids, boxes) with ordinality as given (id, box, place) order by place
  on conflict (instance_id, id) do nothing;
end $$;

-- How a turn ends: these updates are answered, their words are not needed any more, the person is asked for something from
-- now on or for nothing (`asks` says whether that changes), and what goes out is written down.
create function settle_turn(for_instance text, with_epoch bigint, with_nonce text, update_keys text[],
  asks boolean, person text, asked jsonb, with_key text, ids bytea[], boxes text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  own_tenant text;
  own_channel text;
  who text;
begin
  select tenant, channel into own_tenant, own_channel from pass_fence(for_instance, with_epoch, with_nonce, false);
  update handled_update set answered_at = now(), outcome = coalesce(outcome, 'null'), body = null, key_id = null
  where instance_id = for_instance and key = any(update_keys) and answered_at is null;
  if asks then
    select id into who from customer where tenant_id = own_tenant and platform = own_channel
      and platform_user_id = known_as(own_tenant, own_channel, person);
    if asked is null then
      delete from conversation_state where instance_id = for_instance and customer_id = who;
    elsif who is not null then
      insert into conversation_state (instance_id, customer_id, state) values (for_instance, who, asked)
      on conflict (instance_id, customer_id) do update set state = excluded.state, updated_at = now();
    end if;
  end if;
  perform queue_messages(for_instance, with_key, ids, boxes);
end $$;

create function whatsapp_open(for_instance text, with_epoch bigint, with_nonce text)
returns table (sealed text, linked boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, true);
  return query select s.sealed, s.linked_at is not null from whatsapp_session s where s.instance_id = for_instance;
end $$;

create function whatsapp_keys(for_instance text, with_epoch bigint, with_nonce text, ids bytea[])
returns table (id bytea, sealed text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, true);
  return query select k.id, k.sealed from whatsapp_key k where k.instance_id = for_instance and k.id = any(ids);
end $$;

-- Credentials where there are some, keys that change and keys that are gone: all of it or nothing.
create function whatsapp_store(for_instance text, with_epoch bigint, with_nonce text, with_key text, creds text,
  linked boolean, gone bytea[], ids bytea[], boxes text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, true);
  perform use_key(with_key);
  if creds is not null then
    insert into whatsapp_session as s (instance_id, key_id, sealed, linked_at)
    values (for_instance, with_key, creds, case when linked then now() end)
    on conflict (instance_id) do update set key_id = excluded.key_id, sealed = excluded.sealed, updated_at = now(),
      linked_at = coalesce(s.linked_at, excluded.linked_at);
  end if;
  delete from whatsapp_key where instance_id = for_instance and id = any(gone);
  insert into whatsapp_key (instance_id, id, key_id, sealed)
  select for_instance, given.id, with_key, given.box from unnest(ids, boxes) as given (id, box) order by given.id
  on conflict (instance_id, id) do update set key_id = excluded.key_id, sealed = excluded.sealed;
end $$;

-- The device was unlinked: nothing of its session is left.
create function whatsapp_forget(for_instance text, with_epoch bigint, with_nonce text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, true);
  delete from whatsapp_key where instance_id = for_instance;
  delete from whatsapp_session where instance_id = for_instance;
end $$;

-- A message came: it stands here before anything is done about it.
create function whatsapp_arrived(for_instance text, with_epoch bigint, with_nonce text, update_key text, with_key text,
  box text, out known boolean, out handled boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, false);
  perform use_key(with_key);
  insert into handled_update (instance_id, key, key_id, body) values (for_instance, update_key, with_key, box)
  on conflict (instance_id, key) do nothing;
  known := not found;
  handled := known and exists (select from handled_update
    where instance_id = for_instance and key = update_key and answered_at is not null);
end $$;

-- What a worker that begins finds undone, oldest first: messages that wait for their turn, and answers that wait to go out.
create function whatsapp_pending(for_instance text, with_epoch bigint, with_nonce text, at_most integer)
returns table (update_key text, message_id bytea, sealed text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, false);
  return query (select h.key, null::bytea, h.body from handled_update h
    where h.instance_id = for_instance and h.body is not null order by h.at, h.key limit at_most);
  return query (select null::text, m.id, m.sealed from whatsapp_message m
    where m.instance_id = for_instance and m.state = 'queued' order by m.number limit at_most);
end $$;

create function whatsapp_sending(for_instance text, with_epoch bigint, with_nonce text, with_key text, ids bytea[],
  boxes text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, false);
  perform queue_messages(for_instance, with_key, ids, boxes);
end $$;

-- How far a state is; a message only goes on, and what arrived after all has not failed.
create function state_rank(state text) returns integer language sql immutable as $$
  select array_position(array['queued', 'written', 'failed', 'acked', 'delivered'], state)
$$;

create function whatsapp_sent(for_instance text, with_epoch bigint, with_nonce text, ids bytea[], states text[],
  reasons text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, false);
  update whatsapp_message m set state = news.state, reason = news.reason, state_at = now()
  from (
    select distinct on (given.id) * from unnest(ids, states, reasons) as given (id, state, reason)
    order by given.id, state_rank(given.state) desc
  ) as news
  where m.instance_id = for_instance and m.id = news.id and state_rank(m.state) < state_rank(news.state);
end $$;

-- What a message said, for the recipient who could not read it.
create function whatsapp_body(for_instance text, with_epoch bigint, with_nonce text, ids bytea[])
returns table (id bytea, sealed text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, false);
  return query select m.id, m.sealed from whatsapp_message m where m.instance_id = for_instance and m.id = any(ids);
end $$;

alter table whatsapp_session enable row level security;
alter table whatsapp_key enable row level security;
alter table whatsapp_message enable row level security;
alter table whatsapp_identity enable row level security;
create policy own on whatsapp_identity using (tenant_id = (select gateway_tenant()));

revoke execute on function look_at_fence, pass_fence, use_key, known_as, has_dealings, join_identity, ensure_customer,
  open_turn, queue_messages, settle_turn, whatsapp_open, whatsapp_keys, whatsapp_store, whatsapp_forget, whatsapp_arrived,
  whatsapp_pending, whatsapp_sending, state_rank, whatsapp_sent, whatsapp_body from public;

-- What the role may do, with what came since (migration 0012 has the rest).
alter function equip_gateway_role rename to equip_gateway_role_at_first;
create function equip_gateway_role() returns text language plpgsql as $$
begin
  if equip_gateway_role_at_first() <> 'missing' then
    grant select on whatsapp_identity to botfleet_gateway;
    grant execute on function look_at_fence, pass_fence, known_as, join_identity, ensure_customer, open_turn
      to botfleet_gateway;
  end if;
  return gateway_role_state();
end $$;
revoke execute on function equip_gateway_role from public;
select equip_gateway_role();
