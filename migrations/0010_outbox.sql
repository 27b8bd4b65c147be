-- Up Migration
-- What bots have to tell without being asked: written in the transaction of the fact that it tells, delivered after it.

create table broadcast (
  id bigint generated always as identity primary key,
  tenant_id text not null references tenant (id),
  html text not null check (length(html) between 1 and 3500),
  state text not null default 'draft' check (state in ('draft', 'sending', 'paused', 'done', 'cancelled')),
  -- How far its recipients have been queued, and when that was done.
  filled_to text,
  filled_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  ended_at timestamptz
);
create index broadcast_of_tenant on broadcast (tenant_id, id desc);
create index broadcast_sending on broadcast (id) where state = 'sending';

create function guard_broadcast() returns trigger language plpgsql as $$
begin
  if (new.id, new.tenant_id, new.html, new.created_at, new.created_by)
    is distinct from (old.id, old.tenant_id, old.html, old.created_at, old.created_by)
  then
    raise exception 'what a broadcast says does not change' using errcode = 'restrict_violation';
  end if;
  if new.state <> old.state and (old.state, new.state) not in (('draft', 'sending'), ('draft', 'cancelled'),
    ('sending', 'paused'), ('paused', 'sending'), ('sending', 'cancelled'), ('paused', 'cancelled'), ('sending', 'done'))
  then
    raise exception 'a broadcast does not go from % to %', old.state, new.state using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger broadcast_guarded before update on broadcast for each row execute function guard_broadcast();

create domain outbox_platform as text check (value in ('telegram', 'whatsapp'));
create domain outbox_state as text check (value in ('queued', 'claimed', 'sent', 'dead', 'dropped'));

-- No foreign keys to the tenant and the bots: every order writes here, and would lock the row that all orders of a shop
-- have in common.
create table outbox_message (
  id bigint generated always as identity primary key,
  tenant_id text not null,
  -- A customer of the tenant, or a chat of its bot: an owner's own, or one that was named for notices.
  customer_id text,
  platform outbox_platform,
  chat_id text,
  -- The bot to prefer where the tenant has several.
  via_instance_id text,
  -- What is to be said, for the catalogues of texts: `goods`, `withdrawal_paid`, ...
  kind text not null,
  payload jsonb not null default '{}',
  -- The fact that it tells: once for each recipient.
  reference text not null,
  broadcast_id bigint references broadcast (id),
  -- One of many of its kind: it yields to what a person waits for.
  bulk boolean not null default false,
  state outbox_state not null default 'queued',
  -- The same until an attempt has failed.
  created_at timestamptz not null default now(),
  not_before timestamptz not null default now(),
  attempts integer not null default 0,
  -- The bot that is delivering it, and until when nobody else may.
  instance_id text,
  epoch bigint,
  claimed_until timestamptz,
  -- Where the channel stood at each attempt (docs/adr/0004-ambiguous-answers.md), and how much of it was accepted.
  answer_marks text[] not null default '{}',
  parts_sent integer not null default 0,
  ended_at timestamptz,
  last_error text,
  foreign key (customer_id, tenant_id) references customer (id, tenant_id),
  constraint outbox_message_to_somebody check ((customer_id is null) = (chat_id is not null)
    and (chat_id is null) = (platform is null)),
  constraint outbox_message_once unique nulls not distinct (kind, reference, tenant_id, customer_id, platform, chat_id)
);
create index outbox_message_open on outbox_message (tenant_id, bulk, id) where state in ('queued', 'claimed');
create index outbox_message_later on outbox_message (tenant_id, not_before) where state = 'queued' and not_before > created_at;
create index outbox_message_of_customer on outbox_message (customer_id, id) where state in ('queued', 'claimed');
create index outbox_message_of_chat on outbox_message (chat_id, id)
  where state in ('queued', 'claimed') and chat_id is not null;
create index outbox_message_dead on outbox_message (id) where state = 'dead';
create index outbox_message_ended on outbox_message (ended_at) where state in ('sent', 'dropped');
create index outbox_message_of_broadcast on outbox_message (broadcast_id, state) where broadcast_id is not null;
create index customer_chat_by_chat on customer_chat (instance_id, chat_id);

-- The highest message id that a bot is known to have reached: a worker that has heard of none yet begins there.
create table channel_mark (
  instance_id text primary key references instance (id),
  mark bigint not null
);


alter table instance
  -- Since when a bot that should run does not, and when that was told.
  add column down_since timestamptz,
  add column down_told_at timestamptz,
  -- Which end of a subscription was announced last, and how many days before.
  add column expiry_told_for timestamptz,
  add column expiry_told_days integer;

create function note_instance_outage() returns trigger language plpgsql as $$
begin
  if new.status <> 'approved' or new.desired <> 'running' or new.state = 'running' then
    new.down_since := null;
  elsif tg_op = 'INSERT' or old.status <> 'approved' or old.desired <> 'running' or old.down_since is null then
    new.down_since := clock_timestamp();
  end if;
  return new;
end $$;
create trigger instance_outage_noted before insert or update of status, desired, state on instance
  for each row execute function note_instance_outage();

-- Whether a bot cannot speak now, and will not within moments.
create function bot_is_out(i instance) returns boolean language sql stable as $$
  select i.status <> 'approved' or i.desired <> 'running' or i.expires_at <= subscription_clock()
    or i.state in ('conflict', 'logged_out', 'token_invalid', 'restricted', 'session_error', 'failed')
    or coalesce(i.down_since < clock_timestamp() - interval '2 minutes', false)
    or not exists (
      select from server s where s.name = i.server_name and s.lease_until > clock_timestamp() - interval '2 minutes'
    )
$$;
create function tenant_is_silent(of_tenant text, on_platform text) returns boolean language sql stable as $$
  select not exists (
    select from instance i where i.tenant_id = of_tenant and i.platform = on_platform and not bot_is_out(i)
  )
$$;

-- Wakes the servers whose bots may deliver it. Goods of an order that was placed in a bot wake nobody: its worker looks
-- by itself after the order, and a NOTIFY makes every commit of the database wait for the one before it.
create function notify_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('botfleet_outbox', new.tenant_id);
  if new.chat_id is not null and new.tenant_id <> 'master' and tenant_is_silent(new.tenant_id, new.platform) then
    perform pg_notify('botfleet_outbox', 'master');
  end if;
  return null;
end $$;
create trigger outbox_message_notifies after insert on outbox_message
  for each row when (new.kind <> 'goods' or new.via_instance_id is null) execute function notify_outbox();

create function tell_customer(of_tenant text, of_kind text, of_payload jsonb, fact text, customer text, via text)
returns void language plpgsql as $$
begin
  perform assert_gateway_tenant(of_tenant);
  insert into outbox_message (tenant_id, customer_id, via_instance_id, kind, payload, reference, bulk)
  values (of_tenant, customer, via, of_kind, of_payload, fact, of_kind = 'restock')
  on conflict on constraint outbox_message_once do nothing;
end $$;

create function tell_chat(of_tenant text, of_kind text, of_payload jsonb, fact text, on_platform text, chat text)
returns void language plpgsql as $$
begin
  perform assert_gateway_tenant(of_tenant);
  insert into outbox_message (tenant_id, platform, chat_id, kind, payload, reference)
  values (of_tenant, on_platform, chat, of_kind, of_payload, fact)
  on conflict on constraint outbox_message_once do nothing;
end $$;

-- Everybody of the staff whose chat is linked. A person's chat with a bot has the person's own id.
create function tell_admins(of_kind text, of_payload jsonb, fact text) returns void language sql as $$
  insert into outbox_message (tenant_id, platform, chat_id, kind, payload, reference)
  select 'master', c.platform, c.platform_user_id, of_kind, of_payload, fact
  from chat_identity c join app_user u on u.id = c.user_id
  where u.role in ('owner', 'admin', 'operator') and u.disabled_at is null
  on conflict on constraint outbox_message_once do nothing
$$;

-- Owners by claim link, agents by their user, and the chat that the tenant named; of the master its admins. An owner who
-- did it in a chat (`owner:<platform>:<id>`) is answered there, and not told besides.
create function tell_owners(of_tenant text, of_kind text, of_payload jsonb, fact text, by_actor text default '')
returns void language plpgsql as $$
begin
  perform assert_gateway_tenant(of_tenant);
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
  where format('owner:%s:%s', told.platform, told.chat_id) <> by_actor
  on conflict on constraint outbox_message_once do nothing;
end $$;

-- What the people behind a bot must hear of it at once; nobody can forget to tell them.
create function tell_instance_change() returns trigger language plpgsql as $$
declare
  about jsonb := jsonb_build_object('instance', new.id, 'name', new.name);
  fact text := new.id || ':' || extract(epoch from new.state_at);
  what text;
begin
  if new.status = 'expired' and old.status = 'approved' then
    what := 'expired';
    fact := new.id || ':' || extract(epoch from new.expires_at);
  elsif new.state is distinct from old.state then
    what := case when new.state = 'token_invalid' then 'bot_token_invalid' when new.state = 'conflict' then 'bot_conflict'
      when new.state in ('logged_out', 'restricted', 'session_error', 'failed') then 'bot_stopped' end;
    about := about || jsonb_build_object('reason', coalesce(new.last_error, new.state));
  end if;
  if what is not null then
    perform tell_owners(new.tenant_id, what, about, fact);
    perform tell_admins(what, about, fact);
  end if;
  return null;
end $$;
create trigger instance_change_told after update of status, state on instance
  for each row execute function tell_instance_change();

-- Whether a customer's message goes through this bot: through the one that it names, or through another of its tenant
-- while that one is out or was blocked by the customer.
create function goes_through(m outbox_message, me instance) returns boolean language sql stable as $$
  select m.via_instance_id is null or m.via_instance_id = me.id or not exists (
    select from instance named
    join customer_chat c on c.instance_id = named.id and c.customer_id = m.customer_id and c.blocked_at is null
    where named.id = m.via_instance_id and not bot_is_out(named)
  )
$$;

-- Whether the master's bot speaks for a tenant whose bots are out: to people who have a chat with it, too.
create function stands_in(m outbox_message, me instance) returns boolean language sql stable as $$
  select me.is_master and tenant_is_silent(m.tenant_id, m.platform) and exists (
    select from customer p
    join customer_chat c on c.customer_id = p.id and c.instance_id = me.id and c.blocked_at is null
    where p.tenant_id = me.tenant_id and p.platform = me.platform and p.platform_user_id = m.chat_id
  )
$$;

-- Whether a bot may take a message now. What it took itself it may take again: it asks in the chat's own queue, so that
-- it has nothing of that chat in hand; an earlier worker of the same bot has ended, which the fence has proven.
create function is_ready(m outbox_message, me instance) returns boolean language sql stable as $$
  select m.not_before <= statement_timestamp()
    and (m.state = 'queued' or m.instance_id = me.id or m.claimed_until <= statement_timestamp())
$$;

-- What may go through a bot into one of its chats.
create function outbox_of_chat(me instance, in_chat text) returns setof outbox_message language sql stable as $$
  select m.* from customer_chat c join outbox_message m on m.customer_id = c.customer_id
  left join broadcast b on b.id = m.broadcast_id
  where c.instance_id = me.id and c.chat_id = in_chat and c.blocked_at is null and m.tenant_id = me.tenant_id
    and m.state in ('queued', 'claimed') and (b.id is null or b.state = 'sending') and goes_through(m, me)
  union all
  select m.* from outbox_message m
  where m.chat_id = in_chat and m.platform = me.platform and m.state in ('queued', 'claimed')
    and (m.tenant_id = me.tenant_id or stands_in(m, me))
$$;

-- The chats of a bot that have something to be told now: those where it comes first that a person waits for, and a few
-- of the rest. `in_ms`: when something else will be due.
create function outbox_due(for_instance text, urgent_max integer, bulk_max integer)
returns table (chat text, bulk boolean, in_ms double precision) language plpgsql stable as $$
declare
  looked_at constant integer := 2000;
  me instance;
begin
  select * into me from instance where id = for_instance;
  perform assert_gateway_tenant(me.tenant_id);
  -- Of a queue that has grown long the beginning: what comes first in its chat is in it.
  return query
    select first.chat, false, null::double precision from (
      select distinct on (o.chat) o.chat, is_ready(o.m, me) as ready from (
        (
          select c.chat_id as chat, m from outbox_message m
          join customer_chat c on c.customer_id = m.customer_id and c.instance_id = me.id and c.blocked_at is null
          where m.tenant_id = me.tenant_id and not m.bulk and m.state in ('queued', 'claimed') and goes_through(m, me)
          order by m.id limit looked_at
        ) union all (
          select m.chat_id, m from outbox_message m
          where m.tenant_id = me.tenant_id and not m.bulk and m.state in ('queued', 'claimed') and m.platform = me.platform
          order by m.id limit looked_at
        ) union all (
          select m.chat_id, m from outbox_message m
          where me.is_master and m.chat_id is not null and m.state in ('queued', 'claimed') and m.tenant_id <> me.tenant_id
            and m.platform = me.platform and stands_in(m, me)
          order by m.id limit looked_at
        )
      ) as o (chat, m) order by o.chat, (o.m).id
    ) as first where first.ready limit urgent_max;
  return query
    select c.chat_id, true, null::double precision from outbox_message m
    join customer_chat c on c.customer_id = m.customer_id and c.instance_id = me.id and c.blocked_at is null
    left join broadcast b on b.id = m.broadcast_id
    where m.tenant_id = me.tenant_id and m.bulk and m.state in ('queued', 'claimed')
      and (b.id is null or b.state = 'sending') and is_ready(m, me) and goes_through(m, me)
    order by m.id limit bulk_max;
  return query
    select null::text, false, extract(epoch from min(m.not_before) - statement_timestamp())::double precision * 1000
    from outbox_message m
    where m.tenant_id = me.tenant_id and m.state = 'queued' and m.not_before > m.created_at
      and m.not_before > statement_timestamp();
end $$;

-- Takes the next message for a chat: in its order, and what is one of many only when that is asked for and nobody waits
-- for another. Null when there is none for now. `mark`: where the channel stands; nothing of this bot's own will come
-- into this chat between the mark and the message.
create function outbox_next(
  for_instance text, with_epoch bigint, in_chat text, want_bulk boolean, mark text, attempts_max integer, lease interval
) returns outbox_message language plpgsql as $$
declare
  me instance;
  next_id bigint;
  m outbox_message;
begin
  select * into me from instance where id = for_instance;
  perform assert_gateway_tenant(me.tenant_id);
  loop
    next_id := null;
    select case when is_ready(o, me) then o.id end into next_id
    from outbox_of_chat(me, in_chat) as o where not o.bulk order by o.id limit 1;
    if next_id is null and want_bulk then
      select o.id into next_id from outbox_of_chat(me, in_chat) as o where o.bulk and is_ready(o, me) order by o.id limit 1;
    end if;
    if next_id is null then
      return null;
    end if;
    m := null;
    select * into m from outbox_message where id = next_id and state in ('queued', 'claimed') for update skip locked;
    if m.id is null or not is_ready(m, me) then
      return null;
    end if;
    if m.attempts >= attempts_max then
      update outbox_message set state = 'dead', ended_at = clock_timestamp(), claimed_until = null,
        last_error = coalesce(last_error, 'its worker ended at each attempt')
      where id = m.id;
    elsif m.broadcast_id is not null and exists (
      select from customer where id = m.customer_id and (broadcasts_off_at is not null or blocked_at is not null)
    ) then
      update outbox_message set state = 'dropped', ended_at = clock_timestamp(), last_error = 'the customer opted out'
      where id = m.id;
    else
      update outbox_message set state = 'claimed', instance_id = me.id, epoch = with_epoch, attempts = m.attempts + 1,
        claimed_until = clock_timestamp() + lease,
        answer_marks = (case when mark is null then answer_marks else answer_marks || mark end)[
          greatest(1, cardinality(answer_marks) - 3):]
      where id = m.id;
      -- As it was: the marks of earlier attempts are those that may have succeeded.
      return m;
    end if;
  end loop;
end $$;

-- Notes what became of a message that a worker has in hand; false when it is no longer in that worker's hands.
create function outbox_settle(
  for_instance text, with_epoch bigint, message bigint, outcome text, why text, retry_after interval, reached bigint
) returns boolean language plpgsql as $$
declare
  m outbox_message;
begin
  perform assert_gateway_tenant((select tenant_id from instance where id = for_instance));
  update outbox_message set
    state = case outcome when 'sent' then 'sent' when 'refused' then 'dead' else 'queued' end,
    ended_at = case when outcome in ('sent', 'refused') then clock_timestamp() end,
    last_error = case when outcome = 'sent' then null else why end,
    -- Nobody was asked: that is no attempt.
    attempts = attempts - case when outcome = 'untried' then 1 else 0 end,
    not_before = case when outcome in ('sent', 'refused') then not_before else clock_timestamp()
      + greatest(coalesce(retry_after, interval '0'), (0.5 + random() / 2)
        * least(interval '30 minutes', interval '5 seconds' * 2 ^ (least(attempts, 20) - 1))) end,
    claimed_until = null
  where id = message and state = 'claimed' and instance_id = for_instance and epoch = with_epoch
  returning * into m;
  if m.id is null then
    return false;
  end if;
  if outcome = 'sent' and m.kind = 'goods' then
    update customer_order set delivered_at = clock_timestamp()
    where id = (m.payload ->> 'order')::bigint and delivered_at is null;
  end if;
  if reached is not null then
    insert into channel_mark (instance_id, mark) values (for_instance, reached)
    on conflict (instance_id) do update set mark = excluded.mark where channel_mark.mark < excluded.mark;
  end if;
  return true;
end $$;
