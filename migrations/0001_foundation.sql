-- Up Migration
-- The foundation: tenants, people, instances, leases, events, audit.
-- A state change is one statement whose guard stands in its WHERE; triggers here only record and notify.

create table tenant (
  id text primary key check (id = 'master' or id ~ '^agent:[a-z0-9_-]{1,50}$'),
  name text not null,
  created_at timestamptz not null default now()
);
insert into tenant (id, name) values ('master', 'Master');

create table app_user (
  id text primary key,
  username text not null check (username ~ '^[a-z0-9][a-z0-9._-]{1,62}$'),
  password_hash text not null,
  role text not null check (role in ('owner', 'admin', 'operator', 'viewer', 'agent')),
  tenant_id text references tenant (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  disabled_at timestamptz,
  constraint app_user_agent_has_tenant check ((role = 'agent') = (tenant_id is not null))
);
create unique index app_user_username on app_user (username);

create table user_session (
  id_hash bytea primary key check (octet_length(id_hash) = 32),
  user_id text not null references app_user (id),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  source text not null,
  revoked_at timestamptz
);
create index user_session_user on user_session (user_id);

-- Failed logins by account and by address; delays, never a lock-out of the account.
create table login_attempt (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  username text not null,
  source text not null,
  succeeded boolean not null
);
create index login_attempt_recent on login_attempt (at);

create table link_code (
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  user_id text not null references app_user (id),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

-- A person's chat identity, bound to a user of ours by a link code.
create table chat_identity (
  platform text not null check (platform in ('telegram', 'whatsapp')),
  platform_user_id text not null,
  user_id text not null references app_user (id),
  linked_at timestamptz not null default now(),
  primary key (platform, platform_user_id)
);
create index chat_identity_user on chat_identity (user_id);

create table server (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  server_epoch bigint not null default 0,
  holder text,
  lease_until timestamptz,
  beat bigint not null default 0,
  capacity integer not null default 100,
  draining boolean not null default false,
  url text,
  version text,
  started_at timestamptz,
  created_at timestamptz not null default now()
);

create table instance (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  tenant_id text not null references tenant (id),
  platform text not null check (platform in ('telegram', 'whatsapp')),
  name text not null check (length(name) between 1 and 200),
  owner_id text,
  phone_number text check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  server_name text not null references server (name),
  placement text not null default 'pinned' check (placement in ('pinned', 'floating')),
  is_master boolean not null default false,
  platform_bot_id text,
  platform_username text,
  verified_at timestamptz,
  rate_limit_rps double precision not null default 1.0 check (rate_limit_rps > 0 and rate_limit_rps <= 30),
  max_concurrent_requests integer not null default 3 check (max_concurrent_requests between 1 and 100),

  status text not null default 'new' check (status in ('new', 'approved', 'expired', 'suspended', 'deleted')),
  suspended_reason text,
  duration_months integer check (duration_months in (1, 2, 3, 6, 12)),
  approved_at timestamptz,
  expires_at timestamptz,

  desired text not null default 'stopped' check (desired in ('running', 'stopped', 'pairing')),
  restart_requested bigint not null default 0,
  restart_done bigint not null default 0,
  take_webhook boolean not null default false,

  state text not null default 'stopped' check (state in ('stopped', 'starting', 'pairing', 'connecting', 'running',
    'backoff', 'stopping', 'conflict', 'logged_out', 'token_invalid', 'restricted', 'session_error', 'failed')),
  state_at timestamptz not null default now(),
  last_error text,
  attempt integer not null default 0,
  next_try_at timestamptz,
  restarts integer not null default 0,
  port integer,

  created_at timestamptz not null default now(),
  created_by text not null,
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  last_activity_at timestamptz,
  constraint instance_approved_has_expiry check (status <> 'approved' or (approved_at is not null and expires_at is not null)),
  constraint instance_deleted_is_stopped check (status <> 'deleted' or (desired = 'stopped' and deleted_at is not null
    and platform_bot_id is null and phone_number is null))
);
create unique index instance_platform_bot on instance (platform, platform_bot_id) where platform_bot_id is not null;
create unique index instance_phone on instance (platform, phone_number) where phone_number is not null;
create unique index instance_one_master on instance (is_master) where is_master and status <> 'deleted';
create unique index instance_server_port on instance (server_name, port) where port is not null;
create index instance_tenant on instance (tenant_id);
create index instance_owner on instance (owner_id);
create index instance_server_status on instance (server_name, status);
create index instance_expiry on instance (expires_at) where status = 'approved';

-- Sealed secrets of an instance, each its own box (domain/keyring.ts); erased with the instance.
create table instance_credential (
  instance_id text not null references instance (id),
  kind text not null check (kind in ('telegram_token', 'mtproto')),
  key_id text not null,
  sealed text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (instance_id, kind)
);
create index instance_credential_key on instance_credential (key_id);

-- Fingerprints of the keys this database was sealed with: the wrong key is refused, never overwritten.
create table key_fingerprint (
  key_id text primary key,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

create table subscription_period (
  id bigint generated always as identity primary key,
  instance_id text not null references instance (id),
  kind text not null check (kind in ('approve', 'renew')),
  months integer not null check (months in (1, 2, 3, 6, 12)),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  created_at timestamptz not null default now(),
  created_by text not null
);
create index subscription_period_instance on subscription_period (instance_id);

-- One row an instance, never deleted: a stale epoch or nonce writes nothing (design: the fence).
create table instance_lease (
  instance_id text primary key references instance (id),
  server_name text,
  server_epoch bigint not null default 0,
  epoch bigint not null default 0,
  nonce text,
  process text,
  port integer,
  may_run_until timestamptz,
  phase text not null default 'idle' check (phase in ('idle', 'held', 'adopting'))
);
create index instance_lease_server on instance_lease (server_name);

create table instance_event (
  id bigint generated always as identity primary key,
  instance_id text not null references instance (id),
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  from_value text,
  to_value text,
  reason text,
  details jsonb,
  server_name text,
  epoch bigint
);
create index instance_event_instance on instance_event (instance_id, id desc);
create index instance_event_at on instance_event (at);

create table instance_sample (
  instance_id text not null references instance (id),
  at timestamptz not null default now(),
  cpu_percent real not null,
  memory_bytes bigint not null,
  primary key (instance_id, at)
);
create index instance_sample_at on instance_sample (at);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  user_id text references app_user (id),
  source text not null,
  action text not null,
  target_kind text not null,
  target_id text,
  tenant_id text,
  details jsonb
);
create index audit_log_target on audit_log (target_kind, target_id, id desc);
create index audit_log_actor on audit_log (actor, id desc);
create index audit_log_at on audit_log (at);

-- People who talk to the bots of a tenant.
create table customer (
  id text primary key,
  tenant_id text not null references tenant (id),
  platform text not null check (platform in ('telegram', 'whatsapp')),
  platform_user_id text not null,
  username text,
  display_name text,
  language text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  unique (tenant_id, platform, platform_user_id)
);

-- One person's chat with one bot; blocked_at is set while the person has blocked that bot.
create table customer_chat (
  instance_id text not null references instance (id),
  customer_id text not null references customer (id),
  chat_id text not null,
  blocked_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (instance_id, customer_id)
);

-- What was applied once: the channel's update key and the business nonce, stored with the effect's outcome.
create table handled_update (
  instance_id text not null references instance (id),
  key text not null,
  at timestamptz not null default now(),
  outcome jsonb not null,
  answered_at timestamptz,
  primary key (instance_id, key)
);
create index handled_update_at on handled_update (at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_log_append_only before update or delete on audit_log for each row execute function refuse_change();
create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function refuse_change();
create trigger subscription_period_append_only before update or delete on subscription_period
  for each row execute function refuse_change();
create trigger instance_lease_never_deleted before delete on instance_lease for each row execute function refuse_change();

create function make_instance_lease() returns trigger language plpgsql as $$
begin
  insert into instance_lease (instance_id) values (new.id);
  return null;
end $$;
create trigger instance_has_lease after insert on instance for each row execute function make_instance_lease();

-- Every change of status, desired or state leaves an event; nobody can forget to write one.
create function record_instance_change() returns trigger language plpgsql as $$
declare
  actor text := nullif(current_setting('botfleet.actor', true), '');
begin
  if tg_op = 'INSERT' then
    insert into instance_event (instance_id, kind, to_value, server_name, details)
    values (new.id, 'status', new.status, new.server_name, jsonb_strip_nulls(jsonb_build_object('by', actor)));
  else
    if new.status is distinct from old.status then
      insert into instance_event (instance_id, kind, from_value, to_value, reason, server_name, details)
      values (new.id, 'status', old.status, new.status, new.suspended_reason, new.server_name,
        jsonb_strip_nulls(jsonb_build_object('by', actor)));
    end if;
    if new.desired is distinct from old.desired then
      insert into instance_event (instance_id, kind, from_value, to_value, server_name, details)
      values (new.id, 'desired', old.desired, new.desired, new.server_name,
        jsonb_strip_nulls(jsonb_build_object('by', actor)));
    end if;
    if new.state is distinct from old.state then
      insert into instance_event (instance_id, kind, from_value, to_value, reason, server_name)
      values (new.id, 'state', old.state, new.state, new.last_error, new.server_name);
    end if;
  end if;
  return null;
end $$;
create trigger instance_change_recorded after insert or update on instance
  for each row execute function record_instance_change();

create function touch_instance() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  if new.state is distinct from old.state then
    new.state_at := clock_timestamp();
  end if;
  return new;
end $$;
create trigger instance_touched before update on instance for each row execute function touch_instance();

-- A notification only wakes the server; its poll is the truth.
create function notify_instance_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('botfleet_instance', new.server_name);
  if tg_op = 'UPDATE' and old.server_name is distinct from new.server_name then
    perform pg_notify('botfleet_instance', old.server_name);
  end if;
  return null;
end $$;
create trigger instance_created_notifies after insert on instance for each row execute function notify_instance_change();
create trigger instance_wish_notifies after update of status, desired, restart_requested, expires_at, server_name, placement,
  rate_limit_rps, max_concurrent_requests, take_webhook on instance for each row execute function notify_instance_change();

create function notify_server_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('botfleet_instance', new.name);
  return null;
end $$;
create trigger server_drain_notifies after update of draining, capacity on server
  for each row when (old.draining is distinct from new.draining or old.capacity is distinct from new.capacity)
  execute function notify_server_change();
