/**
 * The master and two agents, each with everything that a tenant can have. Whatever is a tenant's own says so: its texts
 * hold the tenant's canary.
 */
import { randomBytes } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import { type Keyring, makeKeyring } from '../../domain/keyring.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import { queueMessages } from '../../services/whatsapp/queue-messages.ts'
import { recordMessage } from '../../services/whatsapp/record-message.ts'
import { storeSession } from '../../services/whatsapp/store-session.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor } from '../support/rig.ts'

/** A tenant, and the ids of what is its own. */
export interface TenantIds {
  readonly tenant: string
  readonly canary: string
  readonly instance: string
  readonly nonce: string
  readonly customer: string
  /** Of the customer, the owner and the user of ours who belongs to it. */
  readonly people: readonly string[]
  readonly order: number
  readonly topUp: number
  readonly withdrawal: string
  readonly message: number
  /** The message is one of its goods, in its worker's hands. */
  readonly goodsMessage: number
  readonly broadcast: number
  readonly updateKey: string
  /** Of a message that waits in the inbox. */
  readonly waKey: string
  /** An open request to pair. */
  readonly pairing: number
  readonly claimCode: string
  readonly chat: string
}

export interface ThreeTenants {
  readonly db: TestDatabase
  readonly keyring: Keyring
  readonly master: TenantIds
  readonly red: TenantIds
  readonly blue: TenantIds
}

const ofTenant = `tenant_fixed_markup tenant_text tenant_owner instance audit_log customer account journal_entry
  customer_order agent_profit top_up payment withdrawal broadcast imported_document
  whatsapp_identity change_event`
const ofInstance = `instance_credential instance_event instance_lease instance_sample subscription_period customer_chat
  conversation_state handled_update channel_mark whatsapp_session whatsapp_key whatsapp_message pairing`
const ofUser = 'chat_identity user_session api_token user_totp recovery_code'
const ofOrder = 'order_refund refunded_unit stock_unit'

function each(tables: string, condition: string): Record<string, string> {
  return Object.fromEntries(tables.split(/\s+/).map((table) => [table, condition]))
}

/** Which rows of a table are a tenant's ($1); null where a table with row-level security holds nothing of a tenant. */
export const belongs: Readonly<Record<string, string | null>> = {
  tenant: 'id = $1',
  ...each(ofTenant, 'tenant_id = $1'),
  link_code: `tenant_id = $1 or user_id in (select id from app_user where coalesce(tenant_id, 'master') = $1)`,
  app_user: `coalesce(tenant_id, 'master') = $1`,
  ...each(ofUser, `user_id in (select id from app_user where coalesce(tenant_id, 'master') = $1)`),
  ...each('audit_chain audit_unchained', 'audit_id in (select id from audit_log where tenant_id = $1)'),
  api_reply: `caller in (select id from app_user where coalesce(tenant_id, 'master') = $1)`,
  // What agents have to tell the master's people is theirs to add.
  outbox_message: `tenant_id = $1 and kind not in ('top_up_requested', 'withdrawal_to_review')`,
  ...each(ofInstance, 'instance_id in (select id from instance where tenant_id = $1)'),
  restock_wish: 'customer_id in (select id from customer where tenant_id = $1)',
  transfer: 'entry_id in (select id from journal_entry where tenant_id = $1)',
  withdrawal_approval: 'withdrawal_id in (select id from withdrawal where tenant_id = $1)',
  ...each(ofOrder, 'order_id in (select id from customer_order where tenant_id = $1)'),
  server: null,
  login_attempt: null,
  key_fingerprint: null,
  stock_key: null,
  stock_batch: null,
}

/** All rows of a tenant, each as it stands in the database and by which transaction. */
export async function rowsOf(database: Queryable, tenant: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const [table, condition] of Object.entries(belongs)) {
    if (condition === null) continue
    const { rows } = await database.query<{ row: string }>(
      `select xmin || ' ' || to_jsonb(t)::text as row from ${table} t where ${condition} order by 1`,
      [tenant],
    )
    found[table] = rows.map(({ row }) => row)
  }
  return found
}

export async function openThreeTenants(): Promise<ThreeTenants> {
  const db = await createTestDatabase()
  const keyring = makeKeyring([randomBytes(32)])
  await db.database.query(
    `insert into server (name, server_epoch, holder, lease_until) values ('alpha', 1, 'h', now() + interval '1 hour')`,
  )
  await db.database.query(
    `insert into product (id, name, currency, base_price, created_by)
     select 'prod-' || word, 'Goods', 'USDT', 1000000, 'test'
     from unnest(array['shared', 'master', 'red', 'blue', 'wanted']) as word`,
  )
  const stock = (product: string, lines: readonly string[]) =>
    db.database.transaction((tx) =>
      addStock(tx, ownerActor, {
        product,
        keyring,
        source: 'test',
        goods: { lines: Buffer.from(lines.join('\n')) },
      }),
    )
  await stock('prod-shared', ['free-1', 'free-2', 'free-3', 'free-4', 'free-5', 'free-6', 'free-7', 'free-8'])
  const tenants: TenantIds[] = []
  for (const [index, word] of ['master', 'red', 'blue'].entries()) {
    await stock(
      `prod-${word}`,
      [1, 2, 3].map((number) => `canary-${word}-goods-${number}`),
    )
    const made = await makeTenant(db, word, (index + 1) * 1000)
    await makeDevice(db, keyring, made)
    tenants.push(made)
  }
  // Nobody sells them any more: who hears their names has seen an order of theirs.
  await db.database.query(
    `update product set status = 'hidden', name = replace(id, 'prod', 'canary')
     where id in ('prod-master', 'prod-red', 'prod-blue')`,
  )
  const [master, red, blue] = tenants
  if (master === undefined || red === undefined || blue === undefined) throw new Error('three were made')
  return { db, keyring, master, red, blue }
}

async function makeTenant(db: TestDatabase, word: string, base: number): Promise<TenantIds> {
  const tenant = word === 'master' ? 'master' : `agent:${word}`
  const canary = `canary-${word}`
  const names = { tenant, canary, instance: `bot-${word}`, nonce: `nonce-${word}`, customer: `customer-${word}` }
  const people = [String(base + 1), String(base + 2), String(base + 3)]
  const claimCode = `claim-of-${word}`
  const chat = String(base + 1)
  const run = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row> => {
    const given = text.replaceAll('$canary', `'${canary}'`).replaceAll('$tenant', `'${tenant}'`)
    const { rows } = await db.database.query<Row>(
      given.replaceAll('$instance', `'${names.instance}'`).replaceAll('$customer', `'${names.customer}'`),
      values,
    )
    return rows[0] as Row
  }
  await makeShop(run, { word, people, claimCode })
  await run(
    `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name)
     values ($customer, $tenant, 'telegram', '${people[0]}', $canary, $canary)`,
  )
  await run(`insert into customer_chat (instance_id, customer_id, chat_id) values ($instance, $customer, '${chat}')`)
  await run(`insert into conversation_state (instance_id, customer_id, state)
    values ($instance, $customer, jsonb_build_object('ask', 'x', 'args', jsonb_build_array($canary)))`)
  const updateKey = `tg:${word}`
  await run(`insert into handled_update (instance_id, key, outcome)
    values ($instance, '${updateKey}', jsonb_build_object('customerId', $customer, 'language', null, 'was', $canary))`)
  await run(`insert into channel_mark (instance_id, mark) values ($instance, ${base})`)
  await run(
    `insert into restock_wish (product_id, customer_id, instance_id) values ('prod-wanted', $customer, $instance)`,
  )
  const money = await makeMoney(run, word)
  const { id: broadcast } = await run<{ id: number }>(
    `insert into broadcast (tenant_id, html, state, created_by) values ($tenant, $canary, 'sending', $canary) returning id`,
  )
  await run(`insert into outbox_message (tenant_id, customer_id, kind, payload, reference, broadcast_id, bulk)
    values ($tenant, $customer, 'broadcast', '{}', '${broadcast}', ${broadcast}, true)`)
  const { id: message } = await run<{ id: number }>(
    `insert into outbox_message (tenant_id, platform, chat_id, kind, payload, reference)
     values ($tenant, 'telegram', '${people[1]}', 'test', jsonb_build_object('shop', $canary), $canary) returning id`,
  )
  const { id: goodsMessage } = await run<{ id: number }>(
    `update outbox_message set state = 'claimed', instance_id = $instance, epoch = 3, claimed_until = now() + interval '1 hour'
     where tenant_id = $tenant and kind = 'goods' and reference = '${money.order}' returning id`,
  )
  const waKey = `wa:${word.padEnd(43, 'x')}`
  const { id: pairing } = await run<{ id: number }>(
    `insert into pairing (instance_id, method, requested_by, until)
     values ($instance, 'code', $canary, now() + interval '1 hour') returning id`,
  )
  return { ...names, people, claimCode, chat, updateKey, waKey, pairing, broadcast, message, goodsMessage, ...money }
}

/** What a linked device of WhatsApp leaves behind. */
async function makeDevice({ database }: TestDatabase, keyring: Keyring, made: TenantIds): Promise<void> {
  const { canary, chat, tenant } = made
  const claim = { instanceId: made.instance, epoch: 3, nonce: made.nonce }
  const keys = [{ type: 'session', id: claim.instanceId, value: canary }]
  await storeSession(database, claim, keyring, { creds: canary, linked: true, keys })
  await recordMessage(database, claim, keyring, { updateKey: made.waKey, body: canary })
  await queueMessages(database, claim, keyring, { messages: [{ chat, id: claim.instanceId, body: canary }] })
  await database.query(`insert into whatsapp_identity (tenant_id, lid, phone) values ($1, $2, $3)`, [
    tenant,
    `${made.people[0]}@lid`,
    `9890000${made.people[0]}`,
  ])
}

type Run = <Row>(text: string, values?: readonly unknown[]) => Promise<Row>

async function makeShop(
  run: Run,
  { word, people, claimCode }: { word: string; people: readonly string[]; claimCode: string },
): Promise<void> {
  const isMaster = word === 'master'
  await run(`insert into tenant (id, name) values ($tenant, $canary) on conflict do nothing`)
  await run(`update tenant set name = $canary, support_link = $canary, notice_chat_id = $canary,
    extra_links = jsonb_build_array(jsonb_build_object('title', $canary, 'url', 'https://example.com')) where id = $tenant`)
  await run(`insert into tenant_text (tenant_id, language, kind, html, updated_by)
    select $tenant, 'en', kind, $canary, $canary from unnest(array['welcome', 'help', 'terms']) as kind`)
  if (!isMaster) {
    await run(`update tenant set markup_hundredths = 1000 where id = $tenant`)
    await run(`insert into tenant_fixed_markup (tenant_id, currency, amount) values ($tenant, 'USDT', 5)`)
    await run(
      `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($tenant, 'telegram', '${people[1]}')`,
    )
    await run(`insert into link_code (code_hash, tenant_id, created_by, expires_at)
      values (sha256('${claimCode}'), $tenant, $canary, now() + interval '1 hour')`)
  }
  await run(
    `insert into app_user (id, username, password_hash, role, tenant_id)
     values ('user-${word}', $canary, 'none', $1, $2)`,
    isMaster ? ['admin', null] : ['agent', `agent:${word}`],
  )
  await run(
    `insert into chat_identity (platform, platform_user_id, user_id) values ('telegram', '${people[2]}', 'user-${word}')`,
  )
  await run(`insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, state, approved_at,
      expires_at, is_master, phone_number)
    values ($instance, $tenant, 'telegram', $canary, 'alpha', 'test', 'approved', 'running', 'running', now(),
      now() + interval '1 day', ${isMaster}, null)`)
  await run(
    `update instance_lease set epoch = 3, nonce = 'nonce-${word}', phase = 'held' where instance_id = $instance`,
  )
  await run(`insert into instance_credential (instance_id, kind, key_id, sealed)
    values ($instance, 'telegram_token', 'k', $canary)`)
}

/** Orders paid and refunded in part, top-ups, payments, and for agents profit that is withdrawn. */
async function makeMoney(run: Run, word: string): Promise<{ order: number; topUp: number; withdrawal: string }> {
  await run(`select adjust_balance($customer, 'USDT', 50000000, $canary, $canary, $canary)`)
  const { id: order } = await run<{ id: number }>(
    `select id from place_order($tenant, $customer, $instance, 'prod-${word}', 2, $canary, null, null, interval '0', $canary)`,
  )
  await run(`select refund_order(${order}, (select array[min(id)] from stock_unit where order_id = ${order}), $canary, false,
    $canary, $canary)`)
  const topUpWith = (amount: number, key: string) =>
    run<{ id: number }>(
      `select (t).id from request_top_up($tenant, $customer, $canary || '${key}', 'USDT', ${amount}, interval '1 day', $canary, 5)`,
    )
  const { id: paid } = await topUpWith(7_000_000, '-paid')
  await run(`select confirm_top_up(${paid}, 'manual', $canary, null, $canary)`)
  const { id: topUp } = await topUpWith(8_000_000, '-open')
  await run(`insert into audit_log (actor, source, action, target_kind, target_id, tenant_id, details)
    values ($canary, 'test', 'test', 'test', null, $tenant, '{}')`)
  await run(`insert into imported_document (collection, key, digest, tenant_id, state, entered_state)
    values ('orders', $canary, sha256('x'), $tenant, 'x', 'x')`)
  if (word === 'master') return { order, topUp, withdrawal: 'aw_none' }
  await run(`select mature_profits_of($tenant, $canary)`)
  const ask = (key: string) =>
    run<{ id: string }>(
      `select (w).id from request_withdrawal($tenant, $canary || '${key}', 'USDT', 10000, 1000, $canary, 1, $canary, null, null, null)`,
    )
  const { id: approved } = await ask('-approved')
  await run(`select approve_withdrawal('${approved}', $canary, null)`)
  const { id: withdrawal } = await ask('-open')
  return { order, topUp, withdrawal }
}
