/** Databases with something in every table, what they hold as text, and backups of them. */
import { randomBytes } from 'node:crypto'
import type { Database } from '../../db/database.ts'
import { openSnapshot } from '../../db/snapshot.ts'
import type { BackupHeader, BackupRecord } from '../../domain/backup-format.ts'
import { type Keyring, makeKeyring } from '../../domain/keyring.ts'
import { writeBackupFile } from '../../runtime/backup-file.ts'

export const backupKeyring = makeKeyring([randomBytes(32)])
export const never: AbortSignal = new AbortController().signal

/** Values that a careless copy would change. */
const awkward = `'a tab\t, a line\nend, a \\\\ backslash, \\N, "quotes", '' and \u{1f98a} \u0645'`

/** A row at least in every table; a table that comes new needs its line here. */
const rows = [
  `insert into tenant (id, name) values ('agent:ann', E${awkward})`,
  `insert into app_user (id, username, password_hash, role) values ('u1', 'ann', 'hash', 'owner')`,
  `insert into user_session (id_hash, user_id, expires_at, source)
   values (decode(repeat('0aff', 16), 'hex'), 'u1', 'infinity', 'here')`,
  `insert into login_attempt (at, username, source, succeeded)
   values ('2026-01-02 03:04:05.678901+05:30', '', 'here', false)`,
  `insert into link_code (code_hash, user_id, created_by, expires_at)
   values (decode(repeat('00', 32), 'hex'), 'u1', 'cli', now() + interval '10 minutes')`,
  `insert into chat_identity (platform, platform_user_id, user_id) values ('telegram', '77', 'u1')`,
  `insert into server (name, server_epoch, beat, holder) values ('alpha', 4, 9, 'boot/1/2/3'), ('beta', 0, 0, null)`,
  `insert into key_fingerprint (key_id) values ('${backupKeyring.activeKeyId}')`,
  `insert into instance (id, tenant_id, platform, name, server_name, status, approved_at, expires_at, desired, state,
     rate_limit_rps, created_by)
   values ('bot-1', 'agent:ann', 'telegram', E${awkward}, 'alpha', 'approved', now(), now() + interval '9 days', 'running',
     'running', 0.1, 'cli'),
     ('bot-2', 'master', 'telegram', 'resting', 'beta', 'new', null, null, 'stopped', 'token_invalid', 1e-300, 'cli')`,
  `update instance_lease set epoch = 7, nonce = 'old-nonce', process = 'boot/1/2/4', server_name = 'alpha', server_epoch = 4,
     phase = 'held' where instance_id = 'bot-1'`,
  `insert into instance_credential (instance_id, kind, key_id, sealed)
   values ('bot-1', 'telegram_token', '${backupKeyring.activeKeyId}', 'v1.box')`,
  `insert into subscription_period (instance_id, kind, months, starts_at, ends_at, created_by)
   values ('bot-1', 'approve', 1, now(), now() + interval '30 days', 'cli')`,
  `insert into instance_event (instance_id, kind, details) values ('bot-1', 'state', '{"a": [1.10, null, "\\t"], "b": {}}')`,
  `insert into instance_sample (instance_id, cpu_percent, memory_bytes) values ('bot-1', 0.3, 9007199254740991)`,
  `insert into audit_log (actor, source, action, target_kind, details) values ('cli', 'here', 'x.y', 'x', null)`,
  `insert into customer (id, tenant_id, platform, platform_user_id) values ('c1', 'agent:ann', 'telegram', '5')`,
  `insert into customer_chat (instance_id, customer_id, chat_id) values ('bot-1', 'c1', '5')`,
  `insert into handled_update (instance_id, key, outcome) values ('bot-1', 'tg:1', '{"screen": "\u00e9"}')`,
]

/** The same for tables that a later migration adds. */
const laterRows: Readonly<Record<string, string>> = {
  category: `insert into category (name, names) values (E${awkward}, '{"fa": "\u0645"}')`,
  product: `insert into product (id, category_id, name, description, translations, currency, base_price, picture,
      picture_type, picture_id, created_by)
    values ('vpn', 1, E${awkward}, E${awkward}, '{"fa": {"name": "\u0645"}}', 'USDT', 9007199254740993,
      decode('89504e470d0a1a0a00ff', 'hex'), 'image/png', '0123456789abcdef', 'cli')`,
  stock_key: `insert into stock_key (key_id, sealed) values ('${backupKeyring.activeKeyId}', 'v1.box')`,
  stock_batch: `insert into stock_batch (product_id, source, added, by) values ('vpn', E${awkward}, 1, 'cli')`,
  stock_unit: `insert into stock_unit (product_id, batch_id, kind, file_name, key_id, sealed, fingerprint)
    values ('vpn', 1, 'file', E${awkward}, '${backupKeyring.activeKeyId}', 'v1.box', sha256('x'))`,
  restock_wish: `insert into restock_wish (product_id, customer_id, instance_id) values ('vpn', 'c1', 'bot-1')`,
  expiry_pause: `insert into expiry_pause (noticed_at, noticed_by, kind, jump_ms, stands_at)
    values (now(), 'alpha', 'jump', 3600000, now())`,
  tenant_fixed_markup: `with marked as (update tenant set markup_kind = 'fixed' where id = 'agent:ann')
    insert into tenant_fixed_markup values ('agent:ann', 'USDT', 50000)`,
  tenant_text: `insert into tenant_text (tenant_id, language, kind, html, updated_by)
    values ('agent:ann', 'fa', 'welcome', E${awkward}, 'cli')`,
  tenant_owner: `insert into tenant_owner (tenant_id, platform, platform_user_id) values ('agent:ann', 'telegram', '77')`,
  conversation_state: `insert into conversation_state (instance_id, customer_id, state)
    values ('bot-1', 'c1', '{"awaiting": "markup"}')`,
  withdrawal: `insert into withdrawal (id, tenant_id, key, currency, amount, fee, address, state, approvals_needed,
      requested_by, requester_platform, requester_platform_user_id, paid_at, paid_by, txid)
    values ('aw_1', 'agent:ann', 'k', 'USDT', 9007199254740991, 1, 'T9yD14', 'paid', 2, 'ann', 'telegram', '77', now(),
      'cli', repeat('ab', 32))`,
  withdrawal_approval: `insert into withdrawal_approval (withdrawal_id, approver, user_id, actor)
    values ('aw_1', 'u1', 'u1', 'user:ann')`,
  top_up: `insert into top_up (tenant_id, customer_id, key, currency, amount, instructions, pay_until)
    values ('agent:ann', 'c1', 'k', 'USDT', 9007199254740991, E${awkward}, now())`,
  imported_document: `insert into imported_document (collection, key, digest, state, entered_state)
    values ('users', E${awkward}, sha256('x'), 'there', 'there')`,
  payment: `insert into payment (provider, external_id, top_up_id, tenant_id, customer_id, currency, amount, actor)
    values ('manual', E${awkward}, 1, 'agent:ann', 'c1', 'USDT', 1, 'cli')`,
  // With its entry and its transfer.
  account: `select adjust_balance('c1', 'USDT', 10000000000000000, 'k', E${awkward}, 'cli')`,
  // With the agent's profit and the message that hands the goods over.
  customer_order: `select place_order('agent:ann', 'c1', 'bot-1', 'vpn', 1, E${awkward}, null, null, interval '1 hour', 'cli')`,
  order_refund: `select refund_order(1, null, 'k', false, E${awkward}, 'cli')`,
  broadcast: `insert into broadcast (tenant_id, html, created_by) values ('agent:ann', E${awkward}, 'cli')`,
  whatsapp_session: `insert into whatsapp_session (instance_id, key_id, sealed, linked_at)
    values ('bot-1', '${backupKeyring.activeKeyId}', 'v1.box', now())`,
  whatsapp_key: `insert into whatsapp_key (instance_id, id, key_id, sealed)
    values ('bot-1', sha256('x'), '${backupKeyring.activeKeyId}', E${awkward})`,
  whatsapp_message: `insert into whatsapp_message (instance_id, id, state, reason, key_id, sealed)
    values ('bot-1', sha256('x'), 'failed', E${awkward}, '${backupKeyring.activeKeyId}', 'v1.box')`,
  pairing: `insert into pairing (instance_id, method, requested_by, until, step, key_id, sealed, issued_at, expires_at)
    values ('bot-1', 'code', 'cli', now(), 'shown', '${backupKeyring.activeKeyId}', 'v1.box', now(), now())`,
  whatsapp_identity: `insert into whatsapp_identity (tenant_id, lid, phone) values ('agent:ann', '5@lid', '4915112345678')`,
  api_token: `insert into api_token (id, user_id, name, secret_hash, scopes, created_by)
    values ('abcdefgh', 'u1', E${awkward}, sha256('x'), array['instance.read', 'audit.read'], 'cli')`,
  user_totp: `insert into user_totp (user_id, key_id, sealed, last_counter)
    values ('u1', '${backupKeyring.activeKeyId}', 'v1.box', 9007199254740991)`,
  recovery_code: `insert into recovery_code (user_id, code_hash, used_at) values ('u1', sha256('x'), now())`,
  audit_chain: `insert into audit_chain (position, audit_id, hash) values (1, 9007199254740991, sha256('x'))`,
  api_reply: `insert into api_reply (caller, key, fingerprint, status, answer)
    values ('u1', E${awkward}, sha256('x'), 201, '{"id": "bot-1"}')`,
  channel_mark: `insert into channel_mark (instance_id, mark) values ('bot-1', 9007199254740991)`,
}

/** Puts something into every table; throws naming those that it forgot. */
export async function fillEveryTable(database: Database): Promise<void> {
  for (const row of rows) await database.query(row)
  for (const [table, row] of Object.entries(laterRows)) {
    const found = await database.query(`select 1 from pg_tables where schemaname = 'public' and tablename = $1`, [
      table,
    ])
    if (found.rowCount > 0) await database.query(row)
  }
  const empty = Object.entries(await dumpTables(database)).flatMap(([name, lines]) =>
    lines.length === 0 ? [name] : [],
  )
  if (empty.length > 0) throw new Error(`add a row to test/support/backup.ts for ${empty.join(', ')}`)
}

/** Every row of every table as text, in an order of its own. */
export async function dumpTables(database: Database): Promise<Record<string, string[]>> {
  const tables = await database.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by tablename`,
  )
  const dump: Record<string, string[]> = {}
  for (const { name } of tables.rows) {
    const { rows: lines } = await database.query<{ line: string }>(
      `select t::text as line from public."${name}" t order by 1`,
    )
    dump[name] = lines.map(({ line }) => line)
  }
  return dump
}

/** Everything that is not a row: columns, constraints, indexes, triggers and whether they fire, routines, policies, rights,
 * sequences. */
export async function describeSchema(database: Database): Promise<string[]> {
  const { rows: lines } = await database.query<{ line: string }>(
    `select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' ||
       coalesce(column_default, identity_generation, '') as line
     from information_schema.columns where table_schema = 'public'
     union all select 'constraint ' || conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
     from pg_constraint where connamespace = 'public'::regnamespace
     union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
     union all select 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || tgenabled::text from pg_trigger t
     join pg_class c on c.oid = tgrelid where c.relnamespace = 'public'::regnamespace and not tgisinternal
     union all select 'routine ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
     union all select 'policy ' || tablename || ' ' || cmd || coalesce(' ' || qual, '') || coalesce(' ' || with_check, '')
     from pg_policies where schemaname = 'public'
     union all select 'table ' || relname || ' ' || relrowsecurity || ' ' || coalesce(relacl::text, '')
     from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
     union all select 'sequence ' || sequencename || ' ' || coalesce(last_value::text, 'unused') from pg_sequences
     where schemaname = 'public' order by 1`,
  )
  return lines.map(({ line }) => line)
}

/** Writes a backup of a database as the command does; `change` alters what its header says. */
export async function writeBackupOf(
  url: string,
  path: string,
  change: Partial<BackupHeader> = {},
  wrap: (records: AsyncIterable<BackupRecord>) => AsyncIterable<BackupRecord> = (records) => records,
  keyring: Keyring = backupKeyring,
): Promise<BackupHeader> {
  const snapshot = await openSnapshot(url, never)
  try {
    const header = makeTestHeader({ schema: [...snapshot.schema], postgres: snapshot.postgres, ...change })
    const records = wrap(snapshot.records())
    await writeBackupFile({ path, overwrite: false, header, keyring, records, signal: never })
    return header
  } finally {
    await snapshot.close()
  }
}

export function makeTestHeader(change: Partial<BackupHeader> = {}): BackupHeader {
  return {
    format: 1,
    created_at: '2026-01-02T03:04:05.678Z',
    program: 'test',
    server: 'alpha',
    host: 'here',
    postgres: '18.4',
    schema: ['0001_foundation'],
    key_id: backupKeyring.activeKeyId,
    fingerprints: [backupKeyring.activeKeyId],
    lease_ttl_seconds: 2,
    salt: randomBytes(32).toString('base64'),
    compression: 'gzip',
    ...change,
  }
}
