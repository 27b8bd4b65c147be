import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { matureProfits } from '../../../services/withdrawals/mature-profits.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { addTenant, ask, asked, earn, earnings, ledgerDifferences, sell, usdt } from './money-fixture.ts'

let test_: TestDatabase
let at: TestDatabase['database']
beforeAll(async () => {
  test_ = await createTestDatabase()
  at = test_.database
})
afterAll(() => test_.drop())

let shop: string
let count = 0
beforeEach(async () => {
  await matureAll()
  shop = `agent:shop_${(count += 1)}`
  await addTenant(at, shop)
})
afterEach(async () => expect(await ledgerDifferences(at)).toEqual([]))

const mature = () => matureProfits(at, { actor: 'system:maturity@test' })
async function matureAll(): Promise<number> {
  let total = 0
  for (let done = await mature(); done > 0; done = await mature()) total += done
  return total
}

const refund = (order: number, key = 'r') =>
  at.query(`select refund_order($1, null, $2, false, null, 'test')`, [order, key])

/** The balance as the ledger has it, whatever the view says. */
async function booked(kind: string): Promise<string> {
  const { rows } = await at.query<{ balance: string }>(
    `select coalesce(sum(balance), 0)::text as balance from account where tenant_id = $1 and kind = $2`,
    [shop, kind],
  )
  return rows[0]?.balance ?? ''
}

test('profit is pending for its hours, and then available', async () => {
  await sell(at, { tenant: shop, profit: usdt(20), hours: 48 })
  expect(await earnings(at, shop)).toMatchObject({ available: '0', pending: '20' })
  expect(await matureAll()).toBe(0)
  expect(await ask(at, usdt(20), { tenant: shop })).toMatchObject({ refusal: 'above_available', detail: '0' })
  await at.query(`update agent_profit set mature_at = now() where tenant_id = $1`, [shop])
  expect(await matureAll()).toBe(1)
  expect(await booked('available')).toBe('20000000')
  expect(await earnings(at, shop)).toMatchObject({ available: '20', pending: '0' })
})

test('with MATURITY_HOURS 0 profit can be withdrawn the moment it is earned, before any server has looked', async () => {
  await sell(at, { tenant: shop, profit: usdt(20), hours: 0 })
  expect(await earnings(at, shop)).toMatchObject({ available: '20', pending: '0' })
  expect(await booked('available')).toBe('0')
  await asked(at, usdt(20), { tenant: shop })
  expect(await earnings(at, shop)).toMatchObject({ available: '0', pending: '0', held: '20' })
  expect(await matureAll()).toBe(0)
})

test('what is not due yet stays pending when something is withdrawn', async () => {
  await sell(at, { tenant: shop, profit: usdt(20), hours: 0 })
  await sell(at, { tenant: shop, profit: usdt(30), hours: 48 })
  expect(await ask(at, usdt(21), { tenant: shop })).toMatchObject({ refusal: 'above_available', detail: '20' })
  expect(await earnings(at, shop)).toMatchObject({ available: '20', pending: '30' })
})

test('a refund before maturity takes the pending profit back, and only once', async () => {
  const order = await sell(at, { tenant: shop, profit: usdt(20), hours: 48 })
  await refund(order)
  expect(await earnings(at, shop)).toMatchObject({ available: '0', pending: '0', debt: '0' })
  await expect(at.query('update agent_profit set mature_at = now() where order_id = $1', [order])).rejects.toThrow()
})

test('a refund after a withdrawal is a debt, which blocks withdrawals and is repaid first', async () => {
  const order = await sell(at, { tenant: shop, profit: usdt(20) })
  await matureAll()
  await asked(at, usdt(15), { tenant: shop })
  await refund(order)
  expect(await earnings(at, shop)).toMatchObject({ available: '0', held: '15', debt: '15' })
  await sell(at, { tenant: shop, profit: usdt(10) })
  // As shown, also while nobody has booked it.
  expect(await earnings(at, shop)).toMatchObject({ available: '0', debt: '5' })
  expect(await ask(at, usdt(10), { tenant: shop })).toEqual({ kind: 'refused', refusal: 'in_debt', detail: '5' })
  expect(await booked('debt')).toBe('-5000000')
  await sell(at, { tenant: shop, profit: usdt(17) })
  expect(await earnings(at, shop)).toMatchObject({ available: '12', debt: '0' })
  await asked(at, usdt(12), { tenant: shop })
  expect(await booked('debt')).toBe('0')
  expect(await earnings(at, shop)).toMatchObject({ available: '0', held: '27', debt: '0' })
})

test('a refund that is partly covered takes what is free, and the rest is owed', async () => {
  const order = await sell(at, { tenant: shop, profit: usdt(20) })
  await matureAll()
  await asked(at, usdt(12), { tenant: shop })
  await refund(order)
  expect(await earnings(at, shop)).toMatchObject({ available: '0', debt: '12', held: '12' })
})

test('profits of several agents mature in one batch, each to its own', async () => {
  const others = ['agent:left', 'agent:right']
  for (const other of others) await earn(at, usdt(5), other)
  await earn(at, usdt(7), shop)
  await earn(at, usdt(8), shop)
  expect(await matureAll()).toBe(4)
  expect(await booked('available')).toBe('15000000')
  for (const other of others) expect(await earnings(at, other)).toMatchObject({ available: '5' })
  const entries = await at.query(`select from journal_entry where kind = 'mature' and tenant_id = $1`, [shop])
  expect(entries.rowCount).toBe(1)
})

test('several servers at once mature everything once', async () => {
  for (let n = 0; n < 40; n += 1) await sell(at, { tenant: shop, profit: usdt(1) })
  // Without the guard behind it: two that took the same would not be stopped by it, but be seen here.
  await at.query('alter table agent_profit disable trigger user')
  const one = `select mature_profits(3, 'system:maturity@' || $1) as matured`
  const server = async (name: string) => {
    let total = 0
    for (;;) {
      const { rows } = await at.query<{ matured: number }>(one, [name])
      if (rows[0]?.matured === 0) return total
      total += rows[0]?.matured ?? 0
    }
  }
  const totals = await Promise.all(['a', 'b', 'c', 'd'].map(server))
  await at.query('alter table agent_profit enable trigger user')
  expect(totals.reduce((sum, total) => sum + total, 0)).toBe(40)
  expect(await booked('available')).toBe('40000000')
})

test('several servers at once repay a debt once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const tenant = `${shop}_${round}`
    await addTenant(at, tenant)
    const order = await sell(at, { tenant, profit: usdt(20) })
    await matureAll()
    await asked(at, usdt(20), { tenant })
    await refund(order)
    for (let n = 0; n < 6; n += 1) await sell(at, { tenant, profit: usdt(15) })
    const one = `select mature_profits(1, 'system:maturity@test')`
    await Promise.all(Array.from({ length: 6 }, () => at.query(one)))
    expect(await matureAll()).toBe(0)
    expect(await earnings(at, tenant)).toMatchObject({ available: '70', debt: '0', held: '20' })
  }
})

test('nothing matures while the clock is in doubt', async () => {
  await sell(at, { tenant: shop, profit: usdt(20), hours: 1 })
  await at.query(`update agent_profit set mature_at = now() - interval '1 minute' where tenant_id = $1`, [shop])
  await at.query(
    `insert into expiry_pause (noticed_at, noticed_by, kind, jump_ms, stands_at)
     values (now(), 'test', 'jump', 7200000, now() - interval '2 hours')`,
  )
  expect(await matureAll()).toBe(0)
  expect(await earnings(at, shop)).toMatchObject({ available: '0', pending: '20' })
  await at.query(`update expiry_pause set confirmed_at = now(), confirmed_by = 'test'`)
  expect(await earnings(at, shop)).toMatchObject({ available: '20', pending: '0' })
  expect(await matureAll()).toBe(1)
})
