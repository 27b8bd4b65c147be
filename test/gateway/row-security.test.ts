/**
 * Row-level security itself, behind the services: what the gateway's role sees and changes when nobody asks by tenant.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Queryable, Tx } from '../../db/transaction.ts'
import { belongs, openThreeTenants, rowsOf, type TenantIds, type ThreeTenants } from './three-tenants.ts'

let tenants: ThreeTenants
/** Tables with row-level security, what the role may do with them and whether a policy opens them. */
let tables: { name: string; columns: string[]; changed: string[]; deletes: boolean; policy: boolean }[]

beforeAll(async () => {
  tenants = await openThreeTenants()
  const { rows } = await tenants.db.database.query<(typeof tables)[number]>(
    `select c.relname as name,
       array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0
         and has_column_privilege('botfleet_gateway', c.oid, attnum, 'select') order by attnum) as columns,
       array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0
         and has_column_privilege('botfleet_gateway', c.oid, attnum, 'update') order by attnum) as changed,
       has_table_privilege('botfleet_gateway', c.oid, 'delete') as deletes,
       exists (select from pg_policy where polrelid = c.oid) as policy
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relrowsecurity order by 1`,
  )
  tables = rows
})
afterAll(() => tenants.db.drop())

const names = ['master', 'red', 'blue'] as const

class Undone extends Error {}

/** Runs as the gateway does for a tenant, and undoes it; `prepare` comes before, as the owner. */
async function as<T>(
  speaker: Pick<TenantIds, 'instance' | 'nonce'>,
  work: (tx: Tx) => Promise<T>,
  prepare: readonly string[] = [],
): Promise<T> {
  const done: { result?: T } = {}
  await tenants.db.database
    .transaction(async (tx) => {
      for (const statement of prepare) await tx.query(statement)
      await tx.query(`select set_config('botfleet.fence', $1, true)`, [`${speaker.instance}:3:${speaker.nonce}`])
      await tx.query('set local role botfleet_gateway')
      done.result = await work(tx)
      throw new Undone()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error
    })
  return done.result as T
}

/** What a statement came to, or the code of its refusal. */
async function attempt(tx: Tx, text: string, values: readonly unknown[] = []): Promise<unknown> {
  await tx.query('savepoint attempt')
  try {
    return await tx.query(text, values)
  } catch (error) {
    await tx.query('rollback to savepoint attempt')
    return (error as { code?: string }).code
  }
}

async function seen(tx: Tx, table: (typeof tables)[number]): Promise<string[]> {
  const { rows } = await tx.query<{ row: string }>(
    `select to_jsonb(t)::text as row from (select ${table.columns.join(', ')} from ${table.name}) as t order by 1`,
  )
  return rows.map(({ row }) => row)
}

test('every table but what all tenants share has row-level security, and is known here', async () => {
  expect(tables.map(({ name }) => name)).toEqual(Object.keys(belongs).sort())
  const { rows } = await tenants.db.database.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and not relrowsecurity order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual(['category', 'currency', 'expiry_pause', 'product', 'schema_migration'])
})

test.for(names)('%s sees its own rows, and nobody else anything of them', async (name) => {
  const mine = tenants[name]
  for (const table of tables) {
    if (table.columns.length === 0) {
      expect(await as(mine, (tx) => attempt(tx, `select 1 from ${table.name}`)), table.name).toBe('42501')
      continue
    }
    const rows = await as(mine, (tx) => seen(tx, table))
    // A code for a user of ours is nobody's to see, though it may be used.
    const own = await tenants.db.database.query<{ row: string }>(
      `select to_jsonb(t)::text as row from (select ${table.columns.join(', ')} from ${table.name}
         where ${table.name === 'outbox_message' ? 'tenant_id = $1' : belongs[table.name]}) as t order by 1`,
      [mine.tenant],
    )
    expect(rows, table.name).toEqual(own.rows.map(({ row }) => row))
    if (name !== 'master') expect(rows.length, table.name).toBeGreaterThan(0)
  }
})

test.for([
  ['a wrong nonce', 'bot-red', 'nonce-blue'],
  ['no fence at all', '', ''],
  ['another instance', 'bot-blue', 'nonce-red'],
])('with %s nothing is seen', async ([, instance = '', nonce = '']) => {
  for (const table of tables.filter(({ columns }) => columns.length > 0)) {
    expect(await as({ instance, nonce }, (tx) => seen(tx, table)), table.name).toEqual([])
  }
})

test('a lease that was given up proves nothing any more', async () => {
  const rows = await as(tenants.red, (tx) => tx.query('select from customer'), [
    `update instance_lease set phase = 'idle' where instance_id = 'bot-red'`,
  ])
  expect(rows.rowCount).toBe(0)
})

test.for(names)('what %s changes without a condition is its own', async (name) => {
  const others = names.filter((other) => other !== name)
  const dump = (database: Queryable) => Promise.all(others.map((other) => rowsOf(database, tenants[other].tenant)))
  const before = await dump(tenants.db.database)
  await as(tenants[name], async (tx) => {
    const written = new Set<string>()
    for (const { name: table, changed, deletes } of tables) {
      for (const column of changed) {
        const outcome = await attempt(tx, `update ${table} set ${column} = ${column}`)
        if (((outcome as { rowCount?: number }).rowCount ?? 0) > 0) written.add(table)
      }
      if (!deletes) expect(await attempt(tx, `delete from ${table}`), table).toBe('42501')
    }
    for (const { name: table } of tables.filter(({ deletes }) => deletes)) await tx.query(`delete from ${table}`)
    expect(written.size).toBeGreaterThan(4)
    await tx.query('set local role none')
    expect(await dump(tx)).toEqual(before)
  })
})

test('money, goods and orders are not written to but by the functions that are made for it', () => {
  const written = tables.filter(({ changed }) => changed.length > 0).map(({ name }) => name)
  for (const table of [
    'account',
    'journal_entry',
    'transfer',
    'customer_order',
    'stock_unit',
    'payment',
    'withdrawal',
  ]) {
    expect(written).not.toContain(table)
  }
})

test('a top-up can be given up, and not be confirmed', async () => {
  await as(tenants.red, async (tx) => {
    const set = (state: string) =>
      attempt(tx, `update top_up set state = $1, ended_at = now() where state = 'requested'`, [state])
    expect(await set('confirmed')).toBe('42501')
    expect(await set('cancelled')).toMatchObject({ rowCount: 1 })
  })
})

test('an audit row is of the tenant that speaks', async () => {
  await as(tenants.red, async (tx) => {
    const write = (tenant: string | null) =>
      attempt(
        tx,
        `insert into audit_log (actor, source, action, target_kind, tenant_id) values ('a', 's', 'a', 'k', $1)`,
        [tenant],
      )
    expect(await write('agent:blue')).toBe('42501')
    expect(await write(null)).toBe('42501')
    expect(await write('agent:red')).toMatchObject({ rowCount: 1 })
  })
})

test("each policy is needed: without it what is another tenant's appears", async () => {
  const guarded = tables.filter(({ policy, columns }) => policy && columns.length > 0)
  expect(guarded.length).toBeGreaterThan(25)
  for (const table of guarded) {
    const own = await as(tenants.red, (tx) => seen(tx, table))
    const all = await as(tenants.red, (tx) => seen(tx, table), [`alter table ${table.name} disable row level security`])
    expect(all.length, table.name).toBeGreaterThan(own.length)
    // Closed, and not open, is what a table is that nobody made a policy for.
    const none = await as(tenants.red, (tx) => seen(tx, table), [`drop policy own on ${table.name}`])
    expect(none, table.name).toEqual([])
  }
})

/** Functions that the role may call, and how each would be about another tenant; null: it is about nobody's rows. */
const functions: Readonly<Record<string, string | null>> = {
  gateway_instance: null,
  gateway_tenant: null,
  hold_lease: null,
  count_free: null,
  is_link_code: null,
  subscription_clock: null,
  quote: null,
  moves_of: null,
  tell_admins: null,
  words_of_message: `words_of_message(1, 'bot-blue')`,
  place_order: `place_order('agent:blue', 'customer-blue', 'bot-blue', 'prod-shared', 1, 'k', null, null, interval '1', 'a')`,
  request_top_up: `request_top_up('agent:blue', 'customer-blue', 'k', 'USDT', 5, interval '1 day', '', 5)`,
  request_withdrawal: `request_withdrawal('agent:blue', 'k', 'USDT', 5, 1, 'a', 1, 'a', null, null, null)`,
  release_withdrawal: `release_withdrawal((select 'aw_x'), null, 'cancelled', null, false, 'a')`,
  look_at_fence: null,
  pass_fence: null,
  known_as: null,
  open_turn: null,
  ensure_customer: `ensure_customer('agent:blue', 'whatsapp', '1', null, null, null)`,
  join_identity: `join_identity('agent:blue', '1@lid', '989000001')`,
  outbox_due: `outbox_due('bot-blue', 5, 5)`,
  outbox_next: `outbox_next('bot-blue', 3, '3001', true, null, 5, interval '1 minute')`,
  outbox_settle: `outbox_settle('bot-blue', 3, 1, 'sent', null, null, null)`,
  tell_customer: `tell_customer('agent:blue', 'k', '{}', 'f', 'customer-blue', 'bot-blue')`,
  tell_chat: `tell_chat('agent:blue', 'k', '{}', 'f', 'telegram', '1')`,
  tell_owners: `tell_owners('agent:blue', 'k', '{}', 'f')`,
}

test('the role may call what is listed here, and nothing else', async () => {
  const { rows } = await tenants.db.database.query<{ name: string }>(
    `select proname as name from pg_proc where pronamespace = 'public'::regnamespace
       and has_function_privilege('botfleet_gateway', oid, 'execute') order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(functions).sort())
})

test.for(Object.entries(functions).filter(([, call]) => call !== null))(
  '%s refuses what is about another tenant',
  async ([, call]) => {
    for (const speaker of [tenants.red, tenants.master, { instance: 'bot-blue', nonce: 'guessed' }]) {
      expect(await as(speaker, (tx) => attempt(tx, `select ${call}`))).toBe('42501')
    }
  },
)

test('a turn of another tenant is not begun', async () => {
  const turn = (instance: string, nonce: string) =>
    as(tenants.red, (tx) =>
      attempt(
        tx,
        `select from open_turn($1, 3, $2, 'tg:other', null, null, '1', null, '1', null, null, null, '{en}', true, 5)`,
        [instance, nonce],
      ),
    )
  expect(await turn('bot-red', tenants.red.nonce)).toMatchObject({ rowCount: 1 })
  expect(await turn('bot-blue', tenants.red.nonce)).toBe('BF403')
  // Whoever knew the other one's nonce as well would still be held by the policies.
  expect(await turn('bot-blue', tenants.blue.nonce)).toBe('42501')
})

test('what moved an account of another tenant is not told', async () => {
  const { rows } = await tenants.db.database.query<{ id: number }>(
    `select t.to_account as id from transfer t join account a on a.id = t.to_account where a.tenant_id = 'agent:red' limit 1`,
  )
  const moves = (speaker: TenantIds) =>
    as(speaker, (tx) => tx.query('select from moves_of($1, null, 5)', [rows[0]?.id]))
  expect((await moves(tenants.red)).rowCount).toBeGreaterThan(0)
  expect((await moves(tenants.blue)).rowCount).toBe(0)
})

test('a price at another tenant is not told', async () => {
  const price = (tenant: string) =>
    as(tenants.red, (tx) => tx.query<{ markup: number }>(`select markup from quote($1, 'prod-shared')`, [tenant]))
  expect((await price('agent:red')).rowCount).toBe(1)
  expect((await price('agent:blue')).rowCount).toBe(0)
})

test('what moved an account of another tenant is not told', async () => {
  const accounts = await tenants.db.database.query<{ id: number; tenant: string }>(
    `select distinct a.id::int as id, a.tenant_id as tenant from account a join transfer t on a.id in (t.from_account, t.to_account)
     where a.kind = 'customer' and a.tenant_id in ('agent:red', 'agent:blue')`,
  )
  expect(new Set(accounts.rows.map(({ tenant }) => tenant))).toEqual(new Set(['agent:red', 'agent:blue']))
  for (const { id, tenant } of accounts.rows) {
    const told = await as(tenants.red, (tx) => tx.query('select from moves_of($1, null, 10)', [id]))
    expect(told.rowCount > 0, `${id} of ${tenant}`).toBe(tenant === 'agent:red')
  }
})

test('functions that run as the owner of the tables have a search path of their own', async () => {
  const { rows } = await tenants.db.database.query<{ name: string }>(
    `select proname as name from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
       and not coalesce('search_path=public, pg_temp' = any(proconfig), false)`,
  )
  expect(rows).toEqual([])
})
