-- Up Migration
-- What a tenant sets for its shop, and who owns it.

alter table tenant
  add column status text not null default 'active' check (status in ('active', 'paused')),
  add column markup_kind text not null default 'percent' check (markup_kind in ('percent', 'fixed')),
  -- Hundredths of a percent; smallest units of each currency for `fixed`.
  add column markup_hundredths bigint not null default 0 check (markup_hundredths between 0 and 10000000),
  add column support_link text check (length(support_link) <= 256),
  add column channel_link text check (length(channel_link) <= 256),
  add column announcement_link text check (length(announcement_link) <= 256),
  -- Own buttons of the home screen: [{"title": "...", "url": "..."}] (seed row S1-016).
  add column extra_links jsonb not null default '[]' check (jsonb_typeof(extra_links) = 'array'
    and jsonb_array_length(extra_links) <= 5),
  -- Where the owners want to be told, besides their own chats.
  add column notice_chat_id text,
  add column updated_at timestamptz not null default now(),
  add constraint tenant_master_has_no_markup check (id <> 'master' or (markup_hundredths = 0 and status = 'active'));

create table tenant_fixed_markup (
  tenant_id text not null references tenant (id) check (tenant_id <> 'master'),
  currency text not null references currency (code),
  -- Far below where a thousand units of it would no longer fit.
  amount bigint not null check (amount between 0 and 1000000000000),
  primary key (tenant_id, currency)
);

-- Welcome, help and terms, where a tenant has its own.
create table tenant_text (
  tenant_id text not null references tenant (id),
  language text not null,
  kind text not null check (kind in ('welcome', 'help', 'terms')),
  html text not null check (length(html) between 1 and 3500),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  primary key (tenant_id, language, kind)
);

-- People who own an agent's shop: chat identities, bound by a claim link that works once.
create table tenant_owner (
  tenant_id text not null references tenant (id) check (tenant_id <> 'master'),
  platform text not null check (platform in ('telegram', 'whatsapp')),
  platform_user_id text not null,
  linked_at timestamptz not null default now(),
  primary key (tenant_id, platform, platform_user_id)
);
-- A code that works once speaks for a person of ours, or for an agent's shop that is to be claimed.
alter table link_code
  alter column user_id drop not null,
  add column tenant_id text references tenant (id) check (tenant_id <> 'master'),
  add constraint link_code_for_one check (num_nonnulls(user_id, tenant_id) = 1);

-- The bots of a paused agent are stopped with it; these were wished running, and are again when it resumes.
alter table instance
  add column resumes_with_agent boolean not null default false,
  add constraint instance_resumes_from_rest check (not resumes_with_agent or desired = 'stopped');

alter table subscription_period
  add column price bigint check (price >= 0),
  add column currency text references currency (code),
  add column payment text check (length(payment) between 1 and 200),
  add constraint subscription_period_price_has_currency check ((price is null) = (currency is null));

alter table customer
  -- Blocked by an admin: may not buy; the balance stays refundable.
  add column blocked_at timestamptz,
  add column blocked_reason text,
  add column erased_at timestamptz,
  add column broadcasts_off_at timestamptz,
  -- The channel's hint at the language, for those who never chose one.
  add column language_hint text,
  add constraint customer_blocked_for_a_reason check ((blocked_at is null) = (blocked_reason is null)),
  -- Nothing is left that says who an erased customer was; who writes again is somebody new.
  add constraint customer_erased check (erased_at is null or (platform_user_id like 'erased:%' and username is null
    and display_name is null and language is null and language_hint is null and blocked_reason is null));

-- What a person was asked for, so that the next text is understood, also by the next worker.
create table conversation_state (
  instance_id text not null references instance (id),
  customer_id text not null references customer (id),
  state jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (instance_id, customer_id)
);
