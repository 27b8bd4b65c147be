-- Up Migration
-- Linking WhatsApp bots to their phones: requests to pair, and until when an instance may run that nobody has approved.

-- Whether a request may come from one step to another (domain/pairing.ts draws it).
create function is_open_step(step text) returns boolean language sql immutable as $$
  select step in ('requested', 'asked', 'shown')
$$;
create function step_follows(was text, becomes text) returns boolean language sql immutable as $$
  select case becomes
    when 'asked' then was = 'requested'
    when 'linked' then is_open_step(was) or was = 'expired'
    else is_open_step(was)
  end
$$;

create table pairing (
  id bigint generated always as identity primary key,
  instance_id text not null references instance (id),
  method text not null check (method in ('code', 'qr')),
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text not null,
  until timestamptz not null,
  step text not null default 'requested' check (step in ('requested', 'asked', 'shown', 'linked', 'refused', 'expired',
    'cancelled', 'replaced')),
  step_at timestamptz not null default clock_timestamp(),
  -- The code, or what the QR code says: there is one only while it is shown.
  key_id text,
  sealed text,
  issued_at timestamptz,
  expires_at timestamptz,
  refusal integer,
  reason text check (length(reason) <= 500),
  -- WhatsApp said that it was too often: nothing is asked before.
  not_before timestamptz,
  constraint pairing_shown_is_sealed check ((sealed is not null) = (step = 'shown') and (sealed is null) = (key_id is null)
    and (step <> 'shown' or (issued_at is not null and expires_at is not null)))
);
create unique index pairing_one_open on pairing (instance_id) where step in ('requested', 'asked', 'shown');
create index pairing_recent on pairing (instance_id, requested_at desc);
create index pairing_until on pairing (until);
alter table pairing enable row level security;

create function guard_pairing() returns trigger language plpgsql as $$
begin
  if not step_follows(old.step, new.step) then
    raise exception 'a request to pair that was % does not become %', old.step, new.step using errcode = 'restrict_violation';
  end if;
  if new.step <> 'shown' then
    new.sealed := null;
    new.key_id := null;
  end if;
  if new.step is distinct from old.step then
    new.step_at := clock_timestamp();
  end if;
  return new;
end $$;
create trigger pairing_guarded before update of step on pairing for each row execute function guard_pairing();

-- Every step leaves an event; nobody can forget to write one.
create function record_pairing() returns trigger language plpgsql as $$
begin
  insert into instance_event (instance_id, kind, from_value, to_value, reason, details)
  values (new.instance_id, 'pairing', case when tg_op = 'UPDATE' then old.step end, new.step, new.reason,
    jsonb_strip_nulls(jsonb_build_object('request', new.id, 'method', new.method, 'refusal', new.refusal,
      'by', nullif(current_setting('botfleet.actor', true), ''))));
  return null;
end $$;
create trigger pairing_begun_recorded after insert on pairing for each row execute function record_pairing();
create trigger pairing_step_recorded after update of step on pairing
  for each row when (old.step is distinct from new.step) execute function record_pairing();

-- Milliseconds until which an instance may run: to the end of its subscription; where it only pairs, to the end of its
-- request, and of a bot that was never approved to that end in any case. Null when there is no such time.
create function run_left_ms(i instance) returns double precision language sql stable as $$
  select case
    when i.expires_at is not null and i.desired <> 'pairing' then subscription_left_ms(i.expires_at)
    else least(subscription_left_ms(i.expires_at), coalesce((
      select extract(epoch from max(p.until) - clock_timestamp()) * 1000 from pairing p
      where p.instance_id = i.id and (is_open_step(p.step) or i.desired <> 'pairing')
    ), case when i.desired = 'pairing' then 0 end)::double precision)
  end
$$;

-- A bot that may not pair any more has no open request, whoever takes it that right.
create function settle_pairing_wish() returns trigger language plpgsql as $$
begin
  if new.desired = 'pairing' and new.status not in ('new', 'approved') then
    new.desired := 'stopped';
  end if;
  return new;
end $$;
create trigger instance_pairing_wish_settled before update of status, desired on instance
  for each row execute function settle_pairing_wish();
create function cancel_pairing() returns trigger language plpgsql as $$
begin
  update pairing set step = 'cancelled' where instance_id = new.id and is_open_step(step);
  return null;
end $$;
create trigger instance_pairing_cancelled after update of status, desired on instance
  for each row when (new.desired = 'stopped' and old.desired <> 'stopped'
    or new.status not in ('new', 'approved') and old.status in ('new', 'approved'))
  execute function cancel_pairing();

-- The fence of migration 0013, with what pairing adds. Business is for who was approved and does not only pair. What keeps
-- a linked device (`also_pairs`) is for whoever holds the lease: while its time is in doubt, or its end was wished and not
-- yet begun, it is to ask again, since a write that is lost costs the link.
create or replace function look_at_fence(for_instance text, with_epoch bigint, with_nonce text, also_pairs boolean,
  out verdict text, out tenant text, out channel text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  verdict := 'fenced';
  perform from hold_lease(for_instance, with_epoch, with_nonce);
  if not found then
    return;
  end if;
  select case
      when i.state = 'stopping' then 'passed'
      when also_pairs then case when i.status in ('new', 'approved') and run_left_ms(i) > 0 then 'passed' else 'time_up' end
      when i.expires_at <= subscription_clock() then 'time_up'
      else 'passed'
    end,
    i.tenant_id, i.platform
  into verdict, tenant, channel from instance i
  where i.id = for_instance and (also_pairs
    or i.status = 'approved' and i.desired <> 'pairing'
    or i.state = 'stopping' and i.approved_at is not null);
  verdict := coalesce(verdict, 'fenced');
end $$;

-- A worker's word on its request. One that has ended says so to the instance as well: it is not wished to pair any more.
create function pairing_step(for_instance text, with_epoch bigint, with_nonce text, of_request bigint, becomes text,
  with_key text, box text, age_ms double precision, for_ms double precision, refused_by integer, why text,
  rest_ms double precision, out is_open boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  ends boolean := not is_open_step(becomes);
begin
  perform pass_fence(for_instance, with_epoch, with_nonce, true);
  if ends then
    -- In the order in which everybody takes the two.
    perform from instance where id = for_instance for update;
  end if;
  if box is not null then
    perform use_key(with_key);
  end if;
  update pairing set step = becomes, key_id = with_key, sealed = box,
    issued_at = case when box is null then issued_at else clock_timestamp() - age_ms * interval '1 millisecond' end,
    expires_at = case when box is null then expires_at
      else least(until, clock_timestamp() + for_ms * interval '1 millisecond') end,
    refusal = refused_by, reason = why, not_before = clock_timestamp() + rest_ms * interval '1 millisecond'
  where id = of_request and instance_id = for_instance and step_follows(step, becomes)
    and (ends or until > clock_timestamp());
  if found and ends then
    update instance set desired = 'stopped' where id = for_instance and desired = 'pairing';
  end if;
  is_open := exists (select from pairing
    where id = of_request and instance_id = for_instance and is_open_step(step) and until > clock_timestamp());
end $$;

-- What the last worker of a deleted bot has written while it logged its device out.
create function forget_deleted_session() returns trigger language plpgsql as $$
begin
  if exists (select from instance where id = new.instance_id and status = 'deleted') then
    delete from whatsapp_key where instance_id = new.instance_id;
    delete from whatsapp_session where instance_id = new.instance_id;
    delete from whatsapp_message where instance_id = new.instance_id;
  end if;
  return null;
end $$;
create trigger instance_lease_released_forgets after update of phase on instance_lease
  for each row when (old.phase <> 'idle' and new.phase = 'idle') execute function forget_deleted_session();

-- What the people behind a bot must hear of it at once (migration 0010), by the words of its platform. What will be tried
-- again by itself is not told, and nobody waits for a bot that only pairs.
create or replace function tell_instance_change() returns trigger language plpgsql as $$
declare
  about jsonb := jsonb_build_object('instance', new.id, 'name', new.name);
  fact text := new.id || ':' || extract(epoch from new.state_at);
  what text;
begin
  if new.status = 'expired' and old.status = 'approved' then
    what := 'expired';
    fact := new.id || ':' || extract(epoch from new.expires_at);
  elsif new.state is distinct from old.state and new.next_try_at is null and new.desired <> 'pairing' then
    what := case new.state
      when 'token_invalid' then 'bot_token_invalid'
      when 'conflict' then case new.platform when 'whatsapp' then 'bot_link_in_use' else 'bot_conflict' end
      when 'logged_out' then 'bot_logged_out'
      when 'restricted' then 'bot_restricted'
      when 'session_error' then 'bot_session_error'
      when 'failed' then 'bot_stopped'
    end;
    about := about || jsonb_build_object('reason', coalesce(new.last_error, new.state));
  end if;
  if what is not null then
    perform tell_owners(new.tenant_id, what, about, fact);
    perform tell_admins(what, about, fact);
  end if;
  return null;
end $$;

revoke execute on function is_open_step, step_follows, guard_pairing, record_pairing, run_left_ms, settle_pairing_wish,
  cancel_pairing, pairing_step, forget_deleted_session from public;
