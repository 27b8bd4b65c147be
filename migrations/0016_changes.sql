-- Up Migration
-- What has changed, for whoever shows it live: one row a change, with the ids to read anew and a few words. Its readers
-- must bear that a row with a lower id commits after one with a higher (panel/api/change-feed.ts).

create table change_event (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  topic text not null check (topic in ('instance', 'pairing', 'server', 'order', 'top_up', 'withdrawal', 'access')),
  -- The id of what has changed; of `access` the user whose rights or sessions did.
  subject text not null,
  -- Null: of no tenant.
  tenant_id text,
  details jsonb not null default '{}'
);
alter table change_event enable row level security;

-- A transaction has its number before it takes an id here: readers tell by that which ids are still to come.
create function note_change(of_topic text, of_subject text, of_tenant text, about jsonb)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_current_xact_id();
  insert into change_event (topic, subject, tenant_id, details) values (of_topic, of_subject, of_tenant, about);
  perform pg_notify('botfleet_change', '');
end $$;

create function note_instance_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('instance', new.id, new.tenant_id, jsonb_build_object('status', new.status,
    'desired', new.desired, 'state', new.state, 'server', new.server_name));
  return null;
end $$;
create trigger instance_new_noted after insert on instance for each row execute function note_instance_change();
create trigger instance_change_noted after update on instance for each row
  when ((old.name, old.owner_id, old.phone_number, old.server_name, old.placement, old.is_master, old.platform_username,
      old.rate_limit_rps, old.max_concurrent_requests, old.status, old.suspended_reason, old.expires_at, old.desired,
      old.resumes_with_agent, old.state, old.last_error, old.attempt, old.next_try_at, old.restarts, old.port)
    is distinct from (new.name, new.owner_id, new.phone_number, new.server_name, new.placement, new.is_master,
      new.platform_username, new.rate_limit_rps, new.max_concurrent_requests, new.status, new.suspended_reason,
      new.expires_at, new.desired, new.resumes_with_agent, new.state, new.last_error, new.attempt, new.next_try_at,
      new.restarts, new.port))
  execute function note_instance_change();

create function note_pairing_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('pairing', new.instance_id, (select tenant_id from instance where id = new.instance_id),
    jsonb_build_object('step', new.step));
  return null;
end $$;
create trigger pairing_new_noted after insert on pairing for each row execute function note_pairing_change();
create trigger pairing_change_noted after update on pairing for each row
  when ((old.step, old.sealed, old.expires_at) is distinct from (new.step, new.sealed, new.expires_at))
  execute function note_pairing_change();

-- A beat of its lease is none: only who holds the name and what it is ordered.
create function note_server_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('server', new.name, null,
    jsonb_build_object('held', new.holder is not null, 'draining', new.draining));
  return null;
end $$;
create trigger server_new_noted after insert on server for each row execute function note_server_change();
create trigger server_change_noted after update on server for each row
  when ((old.server_epoch, old.holder, old.draining, old.drain_pinned, old.capacity, old.url, old.version)
    is distinct from (new.server_epoch, new.holder, new.draining, new.drain_pinned, new.capacity, new.url, new.version))
  execute function note_server_change();

-- Orders are many. They do not notify, since every commit that does waits for the one before it: they are found by looking.
-- And they note themselves at once: with their row they have their transaction's number.
create function note_order_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  insert into change_event (topic, subject, tenant_id, details)
    values ('order', new.id::text, new.tenant_id, jsonb_build_object('status', new.status));
  return null;
end $$;
create trigger order_new_noted after insert on customer_order for each row execute function note_order_change();
create trigger order_change_noted after update on customer_order for each row
  when ((old.status, old.refunded, old.delivered_at) is distinct from (new.status, new.refunded, new.delivered_at))
  execute function note_order_change();

create function note_top_up_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('top_up', new.id::text, new.tenant_id, jsonb_build_object('status', new.state));
  return null;
end $$;
create trigger top_up_new_noted after insert on top_up for each row execute function note_top_up_change();
create trigger top_up_change_noted after update on top_up for each row
  when (old.state is distinct from new.state) execute function note_top_up_change();

create function note_withdrawal_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('withdrawal', new.id, new.tenant_id, jsonb_build_object('status', new.state));
  return null;
end $$;
create trigger withdrawal_new_noted after insert on withdrawal for each row execute function note_withdrawal_change();
create trigger withdrawal_change_noted after update on withdrawal for each row
  when (old.state is distinct from new.state) execute function note_withdrawal_change();

create function note_withdrawal_approval() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  of_withdrawal withdrawal;
begin
  select * into of_withdrawal from withdrawal where id = new.withdrawal_id;
  perform note_change('withdrawal', of_withdrawal.id, of_withdrawal.tenant_id,
    jsonb_build_object('status', of_withdrawal.state));
  return null;
end $$;
create trigger withdrawal_approval_noted after insert on withdrawal_approval
  for each row execute function note_withdrawal_approval();

-- Whoever watches is asked anew who they are; what changed is not shown to anybody.
create function note_session_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('access', new.user_id, null, '{}');
  return null;
end $$;
create trigger session_end_noted after update on user_session for each row
  when (old.revoked_at is null and new.revoked_at is not null) execute function note_session_change();
create trigger api_token_end_noted after update on api_token for each row
  when (old.revoked_at is null and new.revoked_at is not null) execute function note_session_change();

create function note_user_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform note_change('access', new.id, null, '{}');
  return null;
end $$;
create trigger user_change_noted after update on app_user for each row
  when ((old.role, old.tenant_id, old.disabled_at) is distinct from (new.role, new.tenant_id, new.disabled_at))
  execute function note_user_change();

revoke execute on function note_change, note_instance_change, note_pairing_change, note_server_change, note_order_change,
  note_top_up_change, note_withdrawal_change, note_withdrawal_approval, note_session_change, note_user_change from public;
