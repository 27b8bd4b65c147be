import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OrderDetails, OrderView, RefundedOrder } from '../../domain/shop.ts'
import type { BalanceView } from '../../services/ledger/list-balances.ts'
import type { EntryView } from '../../services/ledger/list-entries.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callCli, makeHome } from './support/run-cli.ts'

const place = makeHome()
let test_: TestDatabase
beforeAll(async () => {
  test_ = await createTestDatabase()
  const statements = [
    `insert into tenant (id, name, markup_hundredths) values ('agent:a', 'A', 1000)`,
    `insert into customer (id, tenant_id, platform, platform_user_id) values ('ann', 'agent:a', 'telegram', '1')`,
    `insert into product (id, name, currency, base_price, created_by) values ('vpn', 'VPN', 'USDT', 2000000, 'x')`,
    `insert into stock_unit (product_id, key_id, sealed, fingerprint)
     select 'vpn', 'k', 's', sha256(n::text::bytea) from generate_series(1, 5) n`,
    `select adjust_balance('ann', 'USDT', 10000000, 'start', 'x', 'x')`,
  ]
  for (const statement of statements) await test_.database.query(statement)
})
afterAll(async () => {
  await test_.drop()
  place.remove()
})

async function cli(...parameters: string[]) {
  const env = { BOTFLEET_HOME: place.home, DATABASE_URL: test_.url, COLUMNS: '80' }
  return callCli(parameters, { env, cwd: place.folder })
}
async function json<View>(...parameters: string[]): Promise<View> {
  const run = await cli(...parameters, '--json')
  expect(run.code, run.stderr).toBe(0)
  return JSON.parse(run.stdout) as View
}
const place_ = (...more: string[]) => ['order', 'place', '--customer', 'ann', '--product', 'vpn', ...more]

test('an order is placed, seen and refunded by commands alone', { timeout: 60_000 }, async () => {
  const placed = await json<OrderView>(...place_('--quantity', '2', '--key', 'k1'))
  expect(placed).toMatchObject({ status: 'paid', total: '4.4', unit_price: '2.2', customer: 'ann', instance: null })
  expect(await json<OrderView>(...place_('--quantity', '2', '--key', 'k1'))).toEqual(placed)
  const id = String(placed.id)
  expect(await json<OrderView[]>('order', 'list', '--customer', 'ann')).toMatchObject([placed])
  expect(await json<OrderView[]>('order', 'list', '--status', 'refunded')).toEqual([])
  const details = await json<OrderDetails>('order', 'show', id)
  expect(details).toMatchObject({ ...placed, profit: { amount: '0.4', state: 'pending' }, refunds: [] })
  const unit = String(details.units[0]?.unit)

  const refund = ['order', 'refund', id, '--units', unit, '--restock', '--reason', 'not working']
  expect(await cli(...refund)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') })
  expect(await json<RefundedOrder>(...refund, '--yes')).toMatchObject({ units: 1, amount: '2.2', restocked: true })
  expect(await cli(...refund, '--yes')).toMatchObject({ code: 5 })
  const whole = await cli('order', 'refund', id, '--reason', 'the rest', '--yes')
  expect(whole).toMatchObject({ code: 0, stdout: `Gave 2.2 USDT back to ann.\nOrder ${id} is refunded.\n` })

  const shown = await cli('order', 'show', id)
  expect(shown.stdout).toContain('2.2 USDT, 1 unit back on the shelf')
  expect(shown.stdout).toContain('not working')
  const listed = await cli('order', 'list')
  expect(listed.stdout).toContain('refunded')
  for (const line of listed.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('what cannot be bought says why, and how a script sees it', { timeout: 60_000 }, async () => {
  const soldOut = await cli(...place_('--quantity', '9'))
  expect(soldOut).toMatchObject({ code: 5, stderr: expect.stringContaining('9.8 USDT are missing from the balance') })
  const refused = await cli(...place_('--quantity', '9', '--json'))
  const document = JSON.parse(refused.stdout) as { error: { details: unknown } }
  expect(document.error.details).toMatchObject({ refusal: 'not_enough_balance', refusal_detail: '9.8' })
  expect(await cli('order', 'list', '--status', 'refused')).toMatchObject({
    stdout: expect.stringContaining('not enough balance'),
  })
  expect(await cli('order', 'place', '--customer', 'nobody', '--product', 'vpn')).toMatchObject({ code: 3 })
  expect(await cli('order', 'place', '--customer', 'ann', '--product', 'nothing')).toMatchObject({ code: 3 })
  expect(await cli('order', 'show', '999')).toMatchObject({ code: 3 })
  expect(await cli('order', 'show', 'x')).toMatchObject({ code: 2 })
  expect(await cli('order', 'refund', '1', '--units', '1;2', '--reason', 'x', '--yes')).toMatchObject({ code: 2 })
})

test('the journal is read by commands', { timeout: 60_000 }, async () => {
  const balances = await json<BalanceView[]>('ledger', 'balances')
  expect(balances).toContainEqual({ tenant: 'agent:a', kind: 'customer', currency: 'USDT', balance: '10', accounts: 1 })
  const [refund] = await json<EntryView[]>('ledger', 'entries', '--kind', 'refund', '--customer', 'ann', '--limit', '1')
  expect(refund).toMatchObject({ kind: 'refund', tenant: 'agent:a', reason: 'the rest' })
  const table = await cli('ledger', 'entries')
  expect(table.stdout).toContain('pending of ag')
  for (const line of table.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect((await cli('ledger', 'balances')).stdout).toContain('10 USDT')
})

test('doctor ledger is content with a ledger in order, and names what was tampered with', {
  timeout: 60_000,
}, async () => {
  const healthy = await cli('doctor', 'ledger')
  expect(healthy).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('every balance is the sum of its transfers'),
  })
  await test_.database.transaction(async (tx) => {
    await tx.query('set local session_replication_role = replica')
    await tx.query(`update account set balance = balance + 5 where customer_id = 'ann'`)
  })
  const tampered = await cli('doctor', 'ledger')
  expect(tampered.code).toBe(6)
  expect(tampered.stdout).toMatch(/account \d+, customer of ann: 10.000005 USDT, should be 10 USDT/)
  const document = JSON.parse((await cli('doctor', 'ledger', '--json')).stdout) as Record<string, unknown>
  expect(document).toMatchObject({
    healthy: false,
    differences: [{ check: 'balances', count: 1, differences: [{ expected: '10', found: '10.000005' }] }],
  })
})
