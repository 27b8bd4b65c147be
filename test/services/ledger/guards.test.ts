/**
 * What the database itself refuses of money, orders, profit and stock, whoever asks. Each guard is proven twice: with it
 * the statement fails, and without it, in a transaction that is rolled back, the same statement goes through.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import type { Guard } from './guards/guard.ts'
import { ofMoney } from './guards/of-money.ts'
import { ofOrders } from './guards/of-orders.ts'
import { ofStock } from './guards/of-stock.ts'

const tables = [
  'currency',
  'account',
  'journal_entry',
  'transfer',
  'customer_order',
  'agent_profit',
  'order_refund',
  'refunded_unit',
  'stock_unit',
]

let test_: TestDatabase
let at: TestDatabase['database']
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = test_.database
  await at.query(`insert into tenant (id, name, markup_hundredths) values ('agent:a', 'A', 1000), ('agent:b', 'B', 0)`)
  await at.query(`insert into customer (id, tenant_id, platform, platform_user_id) values
    ('ann', 'agent:a', 'telegram', '1'), ('bob', 'agent:b', 'telegram', '2')`)
  await at.query(`insert into product (id, name, currency, base_price, created_by) values
    ('p', 'P', 'USDT', 100, 'x'), ('q', 'Q', 'IRR', 100, 'x')`)
  await at.query(`insert into stock_unit (product_id, key_id, sealed, fingerprint)
    select 'p', 'k', 's', sha256(n::text::bytea) from generate_series(1, 9) n`)
  await at.query(`select adjust_balance('ann', 'USDT', 1000, 'k', 'x', 'x')`)
  // Order 1 is paid (units 1 and 2), order 2 kept (unit 3), order 3 paid and one of its two units refunded (4 of 4, 5).
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 2, 'one', null, null, '1 hour', 'x')`)
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 1, 'two', null, '1 hour', '1 hour', 'x')`)
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 2, 'three', null, null, '1 hour', 'x')`)
  await at.query(`select refund_order(3, array[4], 'r', false, 'x', 'x')`)
})
afterAll(() => test_.drop())

const guards: Readonly<Record<string, Guard>> = { ...ofMoney, ...ofOrders, ...ofStock }

class RollBack extends Error {}

/** Runs statements and takes them back; returns what stopped them. */
async function tryOut(statements: readonly string[]): Promise<string | undefined> {
  const trying = at.transaction(async (tx: Tx) => {
    for (const statement of statements) await tx.query(statement)
    throw new RollBack()
  })
  return trying.catch((error: unknown) => (error instanceof RollBack ? undefined : String(error)))
}

test.each(Object.entries(guards))('%s', async (_, { drop, attempt, given = [] }) => {
  const attempts = typeof attempt === 'string' ? [attempt] : attempt
  expect(await tryOut([...given, ...attempts])).toMatch(/^error: /)
  expect(await tryOut([...given, drop, ...attempts])).toBeUndefined()
})

test('every trigger, constraint and domain of these tables that refuses something is among them', async () => {
  const { rows } = await at.query<{ name: string }>(
    // What only notes a change for those who watch refuses nothing.
    `select tgname as name from pg_trigger where not tgisinternal and tgfoid::regproc::text !~ '^note_'
       and tgrelid::regclass::text = any($1)
     union select conname from pg_constraint
       where contype in ('u', 'c', 'x') and conrelid::regclass::text = any($1) and conname !~ '_check\\d*$'
     union select conname from pg_constraint where contypid <> 0 and contypid in (
       select atttypid from pg_attribute where attrelid::regclass::text = any($1))
     union select indexrelid::regclass::text from pg_index
       where indisunique and indrelid::regclass::text = any($1) and not exists (
         select from pg_constraint where conindid = indexrelid)`,
    [tables],
  )
  /** Only targets of foreign keys: their rows are unique by the first column already. */
  const keys = ['customer_order_of_tenant', 'order_refund_of_order']
  const drops = Object.values(guards).map(({ drop }) => drop)
  const missing = rows.map(({ name }) => name).filter((name) => !drops.some((drop) => drop.includes(name)))
  expect(missing.filter((name) => !keys.includes(name))).toEqual([])
})
