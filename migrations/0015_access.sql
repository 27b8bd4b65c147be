-- Up Migration
-- How people and programs come in: API tokens, second factors, sessions that can be told apart, and an audit whose rows
-- are chained.

-- A program that speaks for a person: with the rights that the person has now, or with those of them that are its scopes.
create table api_token (
  id text primary key check (id ~ '^[a-z2-7]{8}$'),
  user_id text not null references app_user (id),
  name text not null check (length(name) between 1 and 100),
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  -- Permissions (domain/actor.ts); null is all that the person may.
  scopes text[],
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  last_used_from text,
  revoked_at timestamptz
);
create index api_token_user on api_token (user_id);
alter table api_token enable row level security;

-- A person's second factor: an authenticator (RFC 6238). Until confirmed_at nobody is asked for it.
create table user_totp (
  user_id text primary key references app_user (id),
  key_id text not null,
  sealed text not null,
  created_at timestamptz not null default clock_timestamp(),
  confirmed_at timestamptz,
  -- Of the last code that was used: a code is good once.
  last_counter bigint not null default 0,
  -- Wrong codes since the last right one, wherever they came from: whoever gives one has the password already.
  failures integer not null default 0,
  failed_at timestamptz
);
create index user_totp_key on user_totp (key_id);
alter table user_totp enable row level security;

create table recovery_code (
  user_id text not null references user_totp (user_id) on delete cascade,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  used_at timestamptz,
  primary key (user_id, code_hash)
);
alter table recovery_code enable row level security;

-- What a session is called where it is listed: it opens nothing.
alter table user_session
  add column id text generated always as (encode(substr(sha256(id_hash), 1, 8), 'hex')) stored,
  add column user_agent text check (length(user_agent) <= 200);
create unique index user_session_id on user_session (id);

-- The chain over the audit: each link holds the hash of its row and of the link before, so that a row that is changed,
-- taken out or put in afterwards is found. Rows wait in audit_unchained from their own transaction on; links are made
-- after the commit, one after the other, since transactions commit in another order than they take their ids.
create table audit_unchained (
  audit_id bigint primary key
);
alter table audit_unchained enable row level security;

create table audit_chain (
  position bigint primary key check (position > 0),
  audit_id bigint not null unique,
  hash bytea not null check (octet_length(hash) = 32),
  chained_at timestamptz not null default clock_timestamp()
);
alter table audit_chain enable row level security;
create trigger audit_chain_append_only before update or delete on audit_chain
  for each row execute function refuse_change();
create trigger audit_chain_no_truncate before truncate on audit_chain
  for each statement execute function refuse_change();

create function audit_link(previous bytea, at_position bigint, r audit_log) returns bytea language sql stable as $$
  select sha256(previous || convert_to(jsonb_build_array(at_position, r.id, (extract(epoch from r.at) * 1000000)::bigint,
    r.actor, r.user_id, r.source, r.action, r.target_kind, r.target_id, r.tenant_id, r.details)::text, 'UTF8'))
$$;

-- Chains what waits, at most so many rows; one caller at a time. Returns how many.
create function chain_audit(at_most integer) returns integer language plpgsql as $$
declare
  head audit_chain;
  waiting audit_log;
  chained integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('botfleet.audit_chain', 0));
  select * into head from audit_chain order by position desc limit 1;
  head.position := coalesce(head.position, 0);
  head.hash := coalesce(head.hash, ''::bytea);
  for waiting in
    select a.* from audit_unchained u join audit_log a on a.id = u.audit_id order by u.audit_id limit at_most
  loop
    head.position := head.position + 1;
    head.hash := audit_link(head.hash, head.position, waiting);
    insert into audit_chain (position, audit_id, hash) values (head.position, waiting.id, head.hash);
    delete from audit_unchained where audit_id = waiting.id;
    chained := chained + 1;
  end loop;
  return chained;
end $$;

-- A row's number and time are given here, whatever its insert says: nothing is put into the past.
alter table audit_log alter column id drop identity;
create sequence audit_log_id_seq owned by audit_log.id;
select setval('audit_log_id_seq', coalesce(max(id), 0) + 1, false) from audit_log;
insert into audit_unchained select id from audit_log;
create function number_audit() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  new.id := nextval('audit_log_id_seq');
  new.at := clock_timestamp();
  insert into audit_unchained (audit_id) values (new.id);
  return new;
end $$;
create trigger audit_log_numbered before insert on audit_log for each row execute function number_audit();

revoke execute on function audit_link, chain_audit, number_audit from public;
