-- Up Migration
-- What came from an old system: every document once, whatever it became here.

create table imported_document (
  collection text not null check (collection in ('agents', 'users', 'categories', 'products', 'stock', 'orders',
    'agent_ledger', 'agent_withdrawals', 'topups')),
  -- Its `_id` there.
  key text not null,
  -- SHA-256 of what it said: the same document is imported once, and a changed one is seen.
  digest bytea not null check (octet_length(digest) = 32),
  tenant_id text references tenant (id),
  -- By which other documents name it: an order's number.
  number text,
  -- How it stood there, in our words.
  state text not null,
  -- How far entries of kind `import` have followed it: further steps may have been made here.
  entered_state text not null,
  amount bigint not null default 0,
  -- The row that it became; null when it became none (goods that were there already).
  target text,
  -- What has no place here, or stands here in other numbers. Neither goods nor tokens.
  details jsonb not null default '{}',
  imported_at timestamptz not null default now(),
  primary key (collection, key)
);
create index imported_document_number on imported_document (collection, number) where number is not null;
create index imported_document_target on imported_document (collection, target);
