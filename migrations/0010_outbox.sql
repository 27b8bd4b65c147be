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
  -- A customer of the tenant, or a chat of its bot: an owner's own, or one that was named for notices.
  customer_id text references customer (id),
  platform text check (platform in ('telegram', 'whatsapp')),
  chat_id text,
  -- The bot to prefer where the tenant has several.
  via_instance_id text references instance (id),
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
  -- Where the channel stood at each attempt (docs/adr/0004-ambiguous-answers.md), and how much of it was accepted.
  answer_marks text[] not null default '{}',
  parts_sent integer not null default 0,
  ended_at timestamptz,
  last_error text,
  constraint outbox_message_to_somebody check ((customer_id is null) = (chat_id is not null)
    and (chat_id is null) = (platform is null)),
  constraint outbox_message_once unique nulls not distinct (kind, reference, tenant_id, customer_id, platform, chat_id)
);
create index outbox_message_due on outbox_message (tenant_id, not_before, id) where state in ('queued', 'claimed');
create index outbox_message_of_customer on outbox_message (customer_id, id) where state in ('queued', 'claimed');
create index outbox_message_of_chat on outbox_message (chat_id, id) where state in ('queued', 'claimed');
create index outbox_message_dead on outbox_message (id) where state = 'dead';
create index outbox_message_ended on outbox_message (ended_at) where state in ('sent', 'dropped');
create index outbox_message_of_broadcast on outbox_message (broadcast_id, state) where broadcast_id is not null;

-- Wakes the servers whose bots may deliver it. Goods of an order that was placed in a bot wake nobody: its worker looks
-- by itself after the order, and a NOTIFY makes every commit of the database wait for the one before it.
create function notify_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('botfleet_outbox', new.tenant_id);
  return null;
end $$;
create trigger outbox_message_notifies after insert on outbox_message
  for each row when (new.kind <> 'goods' or new.via_instance_id is null) execute function notify_outbox();

create function tell_customer(of_tenant text, of_kind text, of_payload jsonb, fact text, customer text, via text)
returns void language sql as $$
  insert into outbox_message (tenant_id, customer_id, via_instance_id, kind, payload, reference)
  values (of_tenant, customer, via, of_kind, of_payload, fact)
  on conflict on constraint outbox_message_once do nothing
$$;

create function tell_chat(of_tenant text, of_kind text, of_payload jsonb, fact text, on_platform text, chat text)
returns void language sql as $$
  insert into outbox_message (tenant_id, platform, chat_id, kind, payload, reference)
  values (of_tenant, on_platform, chat, of_kind, of_payload, fact)
  on conflict on constraint outbox_message_once do nothing
$$;

-- Everybody of the staff whose chat is linked. A person's chat with a bot has the person's own id.
create function tell_admins(of_kind text, of_payload jsonb, fact text) returns void language sql as $$
  insert into outbox_message (tenant_id, platform, chat_id, kind, payload, reference)
  select 'master', c.platform, c.platform_user_id, of_kind, of_payload, fact
  from chat_identity c join app_user u on u.id = c.user_id
  where u.role in ('owner', 'admin', 'operator') and u.disabled_at is null
  on conflict on constraint outbox_message_once do nothing
$$;

-- Owners by claim link, agents by their user, and the chat that the tenant named; of the master its admins.
create function tell_owners(of_tenant text, of_kind text, of_payload jsonb, fact text) returns void language plpgsql as $$
begin
  if of_tenant = 'master' then
    perform tell_admins(of_kind, of_payload, fact);
    return;
  end if;
  insert into outbox_message (tenant_id, platform, chat_id, kind, payload, reference)
  select of_tenant, told.platform, told.chat_id, of_kind, of_payload, fact
  from (
    select platform, platform_user_id as chat_id from tenant_owner where tenant_id = of_tenant
    union
    select c.platform, c.platform_user_id from chat_identity c join app_user u on u.id = c.user_id
    where u.role = 'agent' and u.tenant_id = of_tenant and u.disabled_at is null
    union
    select 'telegram', notice_chat_id from tenant where id = of_tenant and notice_chat_id is not null
  ) as told
  on conflict on constraint outbox_message_once do nothing;
end $$;
