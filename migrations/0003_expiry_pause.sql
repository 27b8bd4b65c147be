-- Up Migration
-- Expiry pauses while nobody knows whether the database's clock is right.

create table expiry_pause (
  id bigint generated always as identity primary key,
  -- By the clock in doubt.
  noticed_at timestamptz not null,
  noticed_by text not null,
  -- `jump`: against the monotonic clock of a server that was running; `difference`: from the host's clock at its start.
  kind text not null check (kind in ('jump', 'difference')),
  jump_ms bigint not null,
  -- The subscription time that holds while the pause is open.
  stands_at timestamptz not null,
  confirmed_at timestamptz,
  confirmed_by text,
  constraint expiry_pause_confirmed_by_somebody check ((confirmed_at is null) = (confirmed_by is null))
);
create unique index expiry_pause_one_open on expiry_pause ((true)) where confirmed_at is null;

-- The bodies below are text on purpose: names in them are looked up when they run, so that a test can put another
-- clock_timestamp() in front.

-- What every `expires_at` is compared with: the clock, or where it stands while a pause is open.
create function subscription_clock() returns timestamptz language sql stable as $$
  select coalesce((select stands_at from expiry_pause where confirmed_at is null), clock_timestamp())
$$;

-- Milliseconds of subscription left, null without an end; without limit while time stands and it had not ended.
create function subscription_left_ms(ends_at timestamptz) returns double precision language sql stable as $$
  select case
    when stands_at < ends_at then 'infinity'::double precision
    else (extract(epoch from ends_at - coalesce(stands_at, clock_timestamp())) * 1000)::double precision
  end
  from (select max(stands_at) as stands_at from expiry_pause where confirmed_at is null) as open_pause
$$;

-- Every server of the fleet is concerned.
create function notify_expiry_pause() returns trigger language plpgsql as $$
begin
  perform pg_notify('botfleet_instance', name) from server;
  return null;
end $$;
create trigger expiry_pause_notifies after insert or update on expiry_pause
  for each row execute function notify_expiry_pause();
