-- Up Migration
-- Adoption, placement and the spare workers of a server.

-- The time to live under which its holder renews: others wait that long, whatever the clocks say. Null: never held.
alter table server add column lease_ttl_ms integer check (lease_ttl_ms > 0);
-- What draining does with bots that are pinned here: they stay, or they are stopped.
alter table server add column drain_pinned text not null default 'stay' check (drain_pinned in ('stay', 'stop'));
alter table server add column standby_count integer not null default 0;
alter table server add column standby_memory_bytes bigint not null default 0;

-- A worker of another server has let go of an instance that was moved: its new server may start it.
create function notify_lease_released() returns trigger language plpgsql as $$
declare
  assigned text;
begin
  select server_name into assigned from instance where id = new.instance_id;
  if assigned is distinct from old.server_name then
    perform pg_notify('botfleet_instance', assigned);
  end if;
  return null;
end $$;
create trigger instance_lease_released_notifies after update of phase on instance_lease
  for each row when (old.phase <> 'idle' and new.phase = 'idle') execute function notify_lease_released();

drop trigger server_drain_notifies on server;
create trigger server_drain_notifies after update of draining, drain_pinned, capacity on server
  for each row when (old.draining is distinct from new.draining or old.drain_pinned is distinct from new.drain_pinned
    or old.capacity is distinct from new.capacity)
  execute function notify_server_change();

-- A change of the assigned server leaves an event, as the other changes do.
create function record_instance_assignment() returns trigger language plpgsql as $$
begin
  insert into instance_event (instance_id, kind, from_value, to_value, server_name, details)
  values (new.id, 'server', old.server_name, new.server_name, new.server_name,
    jsonb_strip_nulls(jsonb_build_object('by', nullif(current_setting('botfleet.actor', true), ''))));
  return null;
end $$;
create trigger instance_assignment_recorded after update of server_name on instance
  for each row when (old.server_name is distinct from new.server_name) execute function record_instance_assignment();

-- A bot that changes its server: its port belonged to the old one, and unless a worker of it still runs there, nobody
-- would correct its observed state before the new server sees it.
create function move_instance() returns trigger language plpgsql as $$
begin
  new.port := null;
  if new.state in ('starting', 'pairing', 'connecting', 'running', 'stopping', 'backoff')
    and exists (select 1 from instance_lease where instance_id = new.id and phase = 'idle') then
    new.state := 'stopped';
    new.last_error := null;
    new.next_try_at := null;
  end if;
  return new;
end $$;
create trigger instance_moves before update of server_name on instance
  for each row when (old.server_name is distinct from new.server_name) execute function move_instance();
