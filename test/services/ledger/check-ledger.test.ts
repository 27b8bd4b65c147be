import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { checkLedger } from '../../../services/ledger/check-ledger.ts'
import { listBalances } from '../../../services/ledger/list-balances.ts'
import { listEntries } from '../../../services/ledger/list-entries.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'

let test_: TestDatabase
let at: TestDatabase['database']
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = test_.database
  await at.query(`insert into tenant (id, name, markup_hundredths) values ('agent:a', 'A', 1000)`)
  await at.query(
    `insert into customer (id, tenant_id, platform, platform_user_id) values ('ann', 'agent:a', 'telegram', '1')`,
  )
  await at.query(
    `insert into product (id, name, currency, base_price, created_by) values ('p', 'P', 'USDT', 1000000, 'x')`,
  )
  await at.query(`insert into stock_unit (product_id, key_id, sealed, fingerprint)
    select 'p', 'k', 's', sha256(n::text::bytea) from generate_series(1, 9) n`)
  await at.query(`select credit_payment(null, 'manual', 'tx1', 'ann', 'USDT', 20000000, 'x')`)
  const order = (key: string, quantity: number, hold = 'null') =>
    at.query(`select place_order('agent:a', 'ann', null, 'p', ${quantity}, '${key}', null, ${hold}, '0', 'x')`)
  await order('one', 2)
  await order('two', 1, `'1 hour'`)
  await order('three', 2)
  await order('four', 50)
  await at.query(`select refund_order(3, array[4], 'r', false, 'x', 'x')`)
  await at.query(`select mature_profits(1, 'x')`)
  await at.query(`select request_withdrawal('agent:a', 'w', 'USDT', 100000, 1, 'T', 1, 'x', null, null, null)`)
  await at.query(`select place_order('agent:a', 'ann', null, 'p', 1, 'five', null, null, '1 hour', 'x')`)
})
afterAll(() => test_.drop())

class RollBack extends Error {}

/** What the check finds after the tables were changed by hand, past every guard; the change is taken back. */
async function findingsAfter(...statements: readonly string[]): Promise<Record<string, string[]>> {
  let found: Record<string, string[]> = {}
  const trying = at.transaction(async (tx: Tx) => {
    await tx.query('set local session_replication_role = replica')
    for (const statement of statements) await tx.query(statement)
    const { findings } = await checkLedger(tx, ownerActor)
    found = Object.fromEntries(
      findings
        .filter(({ count }) => count > 0)
        .map(({ check, differences }) => [
          check,
          differences.map(({ subject, expected, found: is }) => `${subject}: ${is}, not ${expected}`),
        ]),
    )
    throw new RollBack()
  })
  await trying.catch((error: unknown) => {
    if (!(error instanceof RollBack)) throw error
  })
  return found
}

test('a ledger in order has nothing to say', async () => {
  const report = await checkLedger(at, ownerActor)
  expect(report.findings.filter(({ count }) => count > 0)).toEqual([])
  expect(report.entries).toBeGreaterThan(5)
  expect(report.transfers).toBeGreaterThan(report.entries)
})

test('a balance that was changed is named with what it should be', async () => {
  expect(await findingsAfter(`update account set balance = balance + 1000000 where customer_id = 'ann'`)).toEqual({
    balances: ['account 2, customer of ann: 16.6, not 15.6'],
  })
})

test('a transfer that was changed unbalances everything that it is part of', async () => {
  const found = await findingsAfter(
    `update transfer set amount = amount + 5 where entry_id = (select id from journal_entry where kind = 'sale' and reference = '1')
       and to_account = (select id from account where kind = 'pending')`,
  )
  expect(Object.keys(found)).toEqual(['balances', 'orders', 'profits'])
  expect(found['orders']).toEqual(['order 1: 2.200005, not 2.2', 'profit in the sale of order 1: 0.200005, not 0.2'])
})

test('an entry without transfers, and a transfer to nowhere, are found', async () => {
  const found = await findingsAfter(
    `insert into journal_entry (kind, reference, tenant_id, actor) values ('adjustment', 'empty', 'agent:a', 'x')`,
    `insert into transfer (entry_id, currency, from_account, to_account, amount) values (999, 'USDT', 1, 998, 1)`,
  )
  expect(found['entries']).toEqual([
    expect.stringMatching(/^entry \d+, adjustment empty: none, not transfers$/),
    expect.stringMatching(/^transfer \d+ of entry 999: something is missing/),
  ])
})

test('an order without its sale, and a sale without its order, are found', async () => {
  const found = await findingsAfter(`update journal_entry set reference = '77' where kind = 'sale' and reference = '1'`)
  expect(found).toEqual({ orders: ['order 1: 0, not 2.2', 'order 77: 2.2, not 0'] })
})

test('an order that somebody else paid is found', async () => {
  const found = await findingsAfter(
    `insert into customer (id, tenant_id, platform, platform_user_id) values ('bob', 'agent:a', 'telegram', '2')`,
    `update customer_order set customer_id = 'bob' where id = 1`,
  )
  expect(found).toEqual({ orders: ['order 1: 2.2, not 2.2'] })
})

test('a refund that is not on the order, and one that moved nothing, are found', async () => {
  expect(await findingsAfter('update customer_order set refunded = refunded + 1 where id = 3')).toEqual({
    refunds: ['order 3, refunded: 1.100001, not 1.1'],
  })
  const found = await findingsAfter(
    `delete from transfer where entry_id in (select id from journal_entry where kind = 'refund')`,
  )
  expect(found['refunds']).toEqual(['refund 1: 0, not 1.1'])
})

test('a profit that is not what the order earned is found', async () => {
  expect(await findingsAfter('update agent_profit set amount = amount * 2 where order_id = 5')).toEqual({
    profits: ['pending profit of agent:a: 0.1, not 0.2', 'profit of order 5: 0.2, not 0.1'],
  })
  expect(
    await findingsAfter(`update agent_profit set state = 'matured', matured_at = now() where order_id = 5`),
  ).toEqual({
    profits: ['pending profit of agent:a: 0.1, not 0'],
  })
})

test('goods that an order lost, got, or kept too long are found', async () => {
  const found = await findingsAfter(
    `update stock_unit set state = 'available', order_id = null where id = 1`,
    `update stock_unit set state = 'sold', order_id = 4 where id = 9`,
    `update stock_unit set state = 'sold', reserved_until = null where id = 3`,
    'delete from refunded_unit',
  )
  expect(found).toEqual({
    goods: [
      'goods of order 1, paid: 1 sold, 0 kept and 0 back, not 2 and 0 back',
      'goods of order 2, reserved: 1 sold, 0 kept and 0 back, not 1 and 0 back',
      'goods of order 3, partly_refunded: 1 sold, 0 kept and 0 back, not 1 and 1 back',
      'goods of order 4, refused: 1 sold, 0 kept and 0 back, not 50 and 0 back',
    ],
  })
})

test('what is held must be asked for, and what came in must be paid in', async () => {
  expect(await findingsAfter('update withdrawal set amount = amount + 1')).toEqual({
    withdrawals: ['held of agent:a: 0.1, not 0.100001'],
  })
  expect(await findingsAfter('update payment set amount = amount - 1')).toEqual({
    payments: ['payments: 20, not 19.999999'],
  })
})

test('what was imported is looked at by its sums only', async () => {
  const found = await findingsAfter(
    `insert into customer_order (tenant_id, customer_id, product_id, key, quantity, currency, base_price, markup_kind,
       markup_value, markup, unit_price, total, status, paid_at)
     values ('agent:a', 'ann', 'p', 'import:7', 1, 'USDT', 1, 'fixed', 1, 1, 2, 2, 'paid', now())`,
  )
  expect(found).toEqual({})
})

test('only admins look into the ledger', async () => {
  const operator = { ...ownerActor, role: 'operator' as const }
  await expect(checkLedger(at, operator)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(listEntries(at, operator, {})).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(listBalances(at, operator)).rejects.toMatchObject({ code: 'not_allowed' })
})

test('balances are sums of transfers, and all together are nothing', async () => {
  const balances = await listBalances(at, ownerActor)
  const of = (tenant: string, kind: string) =>
    balances.find((row) => row.tenant === tenant && row.kind === kind)?.balance
  expect(of('agent:a', 'customer')).toBe('15.6')
  expect([of('agent:a', 'pending'), of('agent:a', 'available'), of('agent:a', 'held')]).toEqual(['0.1', '0.2', '0.1'])
  expect([of('master', 'revenue'), of('master', 'top_up')]).toEqual(['4', '-20'])
  const all = balances.reduce((sum, { balance }) => sum + Number(balance) * 1e6, 0)
  expect(Math.round(all)).toBe(0)
  const own = await listBalances(at, ownerActor, { tenant: 'agent:a' })
  expect(own).toEqual(balances.filter(({ tenant }) => tenant === 'agent:a'))
})

test('entries are found by what they are about, newest first', async () => {
  const kinds = async (input: Parameters<typeof listEntries>[2]) =>
    (await listEntries(at, ownerActor, input)).map(({ kind, reference }) => `${kind} ${reference}`)
  expect(await kinds({ order: 3 })).toEqual(['refund 3:r', 'sale 3'])
  expect(await kinds({ customer: 'ann' })).toEqual(['sale 5', 'refund 3:r', 'sale 3', 'sale 1', 'top_up 1'])
  expect(await kinds({ kind: 'mature' })).toEqual(['mature 3', 'mature 1'])
  const [last] = await listEntries(at, ownerActor, { kind: 'sale', limit: 1 })
  expect(await kinds({ kind: 'sale', before: last?.id ?? 0 })).toEqual(['sale 3', 'sale 1'])
  expect(await kinds({ tenant: 'master' })).toEqual([])
  expect(last).toMatchObject({
    reference: '5',
    tenant: 'agent:a',
    transfers: [
      { from: { kind: 'customer', customer: 'ann' }, to: { kind: 'revenue', tenant: 'master' }, amount: '1' },
      { from: { customer: 'ann' }, to: { kind: 'pending', tenant: 'agent:a', customer: null }, amount: '0.1' },
    ],
  })
  const account = last?.transfers[0]?.to.id ?? 0
  expect(await kinds({ account, kind: 'refund' })).toEqual(['refund 3:r'])
})
