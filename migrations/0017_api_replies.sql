-- What the HTTP API answered to a request that named an Idempotency-Key, kept in the transaction of its effect.
create table api_reply (
  caller text not null,
  key text not null check (length(key) between 1 and 200),
  -- HMAC over method, path, query and body: the same key with another request is a mistake.
  fingerprint bytea not null,
  status int,
  -- Null where the answer held a secret that is shown once.
  answer jsonb,
  created_at timestamptz not null default clock_timestamp(),
  primary key (caller, key)
);
create index api_reply_created_at on api_reply (created_at);
alter table api_reply enable row level security;
