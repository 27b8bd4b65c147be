-- Up Migration
-- What bots have to tell without being asked: written in the transaction of the fact that it tells, delivered after it.

create table broadcast (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  kind text not null check (kind in ('news', 'restock')),
  product_id text references product (id),
  html text not null check (length(html) between 1 and 3500),
  state text not null default 'draft' check (state in ('draft', 'sending', 'paused', 'done', 'cancelled')),
  recipients integer not null default 0,
  created_at timestamptz not null default now(),
  created_by text not null,
  ended_at timestamptz
);

create table outbox_message (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  -- A customer of the tenant, or a chat that an owner named.
  customer_id text references customer (id),
  chat_id text,
  -- What is to be said, for the catalogues of texts: `goods`, `withdrawal_paid`, ...
  kind text not null,
  payload jsonb not null default '{}',
  -- The fact that it tells: once for each recipient.
  reference text not null,
  broadcast_id bigint references broadcast (id),
  state text not null default 'queued' check (state in ('queued', 'claimed', 'sent', 'dead', 'dropped')),
  created_at timestamptz not null default clock_timestamp(),
  not_before timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  -- The bot that is delivering it, and until when nobody else may.
  instance_id text references instance (id),
  epoch bigint,
  claimed_until timestamptz,
  -- Where the channel stood at each attempt (docs/adr/0004-ambiguous-answers.md).
  answer_marks text[] not null default '{}',
  sent_at timestamptz,
  last_error text,
  constraint outbox_message_to_somebody check ((customer_id is null) <> (chat_id is null)),
  constraint outbox_message_once unique nulls not distinct (kind, reference, customer_id, chat_id)
);
create index outbox_message_due on outbox_message (tenant_id, not_before, id) where state in ('queued', 'claimed');
create index outbox_message_of_customer on outbox_message (customer_id, id) where state in ('queued', 'claimed');
create index outbox_message_dead on outbox_message (id) where state = 'dead';
create index outbox_message_of_broadcast on outbox_message (broadcast_id) where broadcast_id is not null;

-- Wakes the servers whose bots may deliver it.
create function notify_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('botfleet_outbox', tenant_id) from (select distinct tenant_id from added) as tenants;
  return null;
end $$;
create trigger outbox_message_notifies after insert on outbox_message
  referencing new table as added for each statement execute function notify_outbox();
