import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../../db/database.ts'
import { checkLedger } from '../../../services/ledger/check-ledger.ts'
import { readCredential } from '../../../services/read-credential.ts'
import { examineStock } from '../../../services/stock/examine-stock.ts'
import { readGoods } from '../../../services/stock/read-goods.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { payWithdrawal } from '../../../services/withdrawals/pay-withdrawal.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { fakeToken, smallShop } from './old-export.ts'
import { importOld, keyring, owner } from './run-import.ts'
import { balancesOf, contentsOf, unbalancedAccounts } from './state-of.ts'

let place: TestDatabase
let database: Database
beforeAll(async () => {
  place = await createTestDatabase()
  database = place.database
})
afterAll(() => place.drop())

async function rowsOf<Row = Record<string, unknown>>(
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return (await database.query<Row>(statement, values)).rows
}

test('a rehearsal does everything and leaves nothing', async () => {
  const before = await contentsOf(database)
  const report = await importOld(place.url, smallShop(), { dryRun: true })
  expect(report.changed).toBe(true)
  expect(report.sums.length).toBeGreaterThan(20)
  expect(await contentsOf(database)).toEqual(before)
})

test('a small shop is imported whole, and every sum is the source’s', async () => {
  const report = await importOld(place.url, smallShop())
  expect(report.changed).toBe(true)
  expect(report.sums.filter(({ matches }) => !matches)).toEqual([])
  const sums = Object.fromEntries(
    report.sums.map(({ what, tenant, imported }) => [`${what} ${tenant ?? ''}`, imported.amount ?? imported.count]),
  )
  expect(sums).toMatchObject({
    'customers and their balances master': '12.500001',
    'customers and their balances agent:agent001': '890',
    'stock available ': 5,
    'stock sold ': 4,
    'stock reserved ': 1,
    'orders paid master': '11',
    'orders paid agent:agent001': '440',
    'revenue, with agents’ profits agent:agent001': '330',
    'profit pending agent:agent001': '10',
    'profit available agent:agent001': '6',
    'profit held agent:agent001': '4',
    'profit paid out agent:agent001': '10',
    'profit available agent:agent_20250124_143022': '150.25',
    'profit held agent:agent_20250124_143022': '50',
    'profit paid out agent:agent_20250124_143022': '199',
    'withdrawals requested agent:agent_20250124_143022': '50',
    'top-ups confirmed master': '20.5',
  })
})

test('every balance is the sum of its transfers, and all balances are the old ones', async () => {
  expect(await unbalancedAccounts(database)).toEqual([])
  expect(await balancesOf(database)).toEqual({
    'agent:agent001 available': 6,
    'agent:agent001 customer 5001': 890,
    'agent:agent001 held': 4,
    'agent:agent001 paid_out': 10,
    'agent:agent001 pending': 10,
    'agent:agent_20250124_143022 available': 150.25,
    'agent:agent_20250124_143022 customer 5003': 3,
    'agent:agent_20250124_143022 held': 50,
    'agent:agent_20250124_143022 paid_out': 199,
    'master adjustment': -1626.550001,
    'master customer 5001': 12.5,
    'master customer 5002': 0.000001,
    'master fee_income': 1,
    // Three orders of the agent at 100, and what others paid: 0.3 and 11.
    'master revenue': 311.3,
    'master top_up': -20.5,
  })
})

test('the doctor finds nothing wrong with the ledger, nor with the stock', async () => {
  const ledger = await checkLedger(database, owner)
  expect(ledger.findings.filter(({ count }) => count > 0)).toEqual([])
  expect(await examineStock(database, owner)).toMatchObject({
    unfitting_orders: { count: 0 },
    unfitting_units: { count: 0 },
    without_markup: [],
  })
})

test('agents are tenants with their settings, owners and bots, of which none runs unapproved', async () => {
  expect(
    await rowsOf(
      `select t.id, t.name, t.status, t.markup_kind, t.markup_hundredths, f.amount::text as fixed, t.support_link,
         t.channel_link, jsonb_array_length(t.extra_links) as buttons, i.status as bot, i.desired,
         array(select platform_user_id from tenant_owner o where o.tenant_id = t.id order by 1) as owners
       from tenant t left join tenant_fixed_markup f on f.tenant_id = t.id join instance i on i.tenant_id = t.id order by t.id`,
    ),
  ).toEqual([
    {
      id: 'agent:agent001',
      name: 'First Agent',
      status: 'active',
      markup_kind: 'percent',
      markup_hundredths: 1000,
      fixed: null,
      support_link: null,
      channel_link: null,
      buttons: 0,
      bot: 'new',
      desired: 'stopped',
      owners: ['111000111', '111000112'],
    },
    {
      id: 'agent:agent_20250124_143022',
      name: 'My Agent Bot',
      status: 'active',
      markup_kind: 'fixed',
      markup_hundredths: 0,
      fixed: '50000',
      support_link: '@mysupport',
      channel_link: 'https://t.me/mychannel',
      buttons: 2,
      bot: 'new',
      desired: 'stopped',
      owners: ['123456789'],
    },
    expect.objectContaining({ id: 'agent:bad-one', status: 'paused', bot: 'suspended', desired: 'stopped' }),
    expect.objectContaining({ id: 'agent:paused-one', status: 'paused', bot: 'new', desired: 'stopped' }),
  ])
})

test('tokens of either seed are sealed with our key, and stand nowhere in plain words', async () => {
  const bots = await rowsOf<{ id: string; platform_bot_id: string }>(
    'select id, platform_bot_id from instance order by 2',
  )
  expect(bots).toHaveLength(4)
  for (const [at, { id }] of bots.entries()) {
    expect(await readCredential(database, keyring, { instanceId: id, kind: 'telegram_token' })).toBe(fakeToken(at + 1))
  }
  const everything = JSON.stringify(await contentsOf(database))
  for (const secret of ['FAKE-token', 'login-0', 'sold-1', 'secret goods']) expect(everything).not.toContain(secret)
})

test('customers are those of their tenant, with balance, language and ban', async () => {
  expect(
    await rowsOf(
      `select tenant_id, platform_user_id, username, language, blocked_at is not null as blocked from customer order by 1, 2`,
    ),
  ).toEqual([
    { tenant_id: 'agent:agent001', platform_user_id: '5001', username: null, language: null, blocked: false },
    {
      tenant_id: 'agent:agent_20250124_143022',
      platform_user_id: '5003',
      username: null,
      language: null,
      blocked: false,
    },
    { tenant_id: 'master', platform_user_id: '5001', username: 'ann', language: 'en', blocked: false },
    { tenant_id: 'master', platform_user_id: '5002', username: null, language: 'zh', blocked: false },
    { tenant_id: 'master', platform_user_id: '5004', username: null, language: null, blocked: true },
    { tenant_id: 'master', platform_user_id: '5009', username: null, language: null, blocked: false },
  ])
})

test('stock of every state is sealed, and what was sold belongs to its order', async () => {
  expect(
    await rowsOf(
      `select u.state, count(*)::int as count, count(u.order_id)::int as of_orders from stock_unit u group by 1 order by 1`,
    ),
  ).toEqual([
    { state: 'available', count: 4, of_orders: 0 },
    { state: 'sold', count: 2, of_orders: 2 },
    // One reserved, one sold to nobody knows whom, one of a refunded order.
    { state: 'spoilt', count: 3, of_orders: 1 },
  ])
  const goodsOf = async (number: string) => {
    const [order] = await rowsOf<{ target: string }>(
      `select target from imported_document where collection = 'orders' and number = $1`,
      [number],
    )
    const goods = await readGoods(database, keyring, { orderId: Number(order?.target) })
    return goods.map(({ content }) => content.toString())
  }
  // By its buyer and time, and by its order's number; those of a refunded order are shown no more.
  expect(await goodsOf('M1')).toEqual(['sold-1'])
  expect(await goodsOf('A1')).toEqual(['sold-2'])
  expect(await goodsOf('A4')).toEqual([])
  expect(await rowsOf(`select product_id, source, added, duplicates from stock_batch order by added`)).toEqual([
    { product_id: 'ffeeddccbbaa998877665544', source: 'hb.json', added: 1, duplicates: 0 },
    { product_id: 'p1', source: 'hb.json', added: 8, duplicates: 1 },
  ])
})

test('products have the names and prices of the menu; what is sold no more is archived', async () => {
  expect(
    await rowsOf(
      `select p.name, p.base_price::text as price, p.status, c.name as category from product p
       left join category c on c.id = p.category_id order by p.name`,
    ),
  ).toEqual([
    { name: 'Netflix', price: '100000000', status: 'active', category: 'Accounts' },
    { name: 'Old thing', price: '150000', status: 'archived', category: null },
    { name: '美国号', price: '2500000', status: 'active', category: 'Accounts' },
  ])
})

test('orders have numbers that hold together, beside those that the documents said', async () => {
  expect(
    await rowsOf(
      `select d.number, o.quantity, o.base_price::text as base, o.markup::text as markup, o.discount::text as discount,
         o.total::text as total, o.status, d.details ->> 'price' as price
       from imported_document d join customer_order o on o.id = d.target::bigint where d.collection = 'orders' order by 1`,
    ),
  ).toEqual([
    ...['A1', 'A2', 'A3', 'A4'].map((number) => ({
      number,
      quantity: 1,
      base: '100000000',
      markup: '10000000',
      discount: '0',
      total: '110000000',
      status: number === 'A4' ? 'refunded' : 'paid',
      price: 'said',
    })),
    {
      number: 'B1',
      quantity: 2,
      base: '150000',
      markup: '0',
      discount: '0',
      total: '300000',
      status: 'paid',
      price: 'said',
    },
    // No price was written down: none is invented.
    { number: 'M1', quantity: 1, base: '1', markup: '0', discount: '1', total: '0', status: 'paid', price: 'unknown' },
    {
      number: 'M2',
      quantity: 3,
      base: '4000000',
      markup: '0',
      discount: '1000000',
      total: '11000000',
      status: 'paid',
      price: 'fitted',
    },
    {
      number: 'M3',
      quantity: 1,
      base: '4000000',
      markup: '0',
      discount: '0',
      total: '4000000',
      status: 'cancelled',
      price: 'said',
    },
  ])
})

test('what was decided is said, with places', async () => {
  const fresh = await createTestDatabase()
  try {
    const { notes } = await importOld(fresh.url, smallShop(), { dryRun: true })
    expect(Object.fromEntries(notes.map(({ about, places }) => [about, places]))).toMatchObject({
      approval: [],
      buyers_of_topups: ['topup.json:5'],
      archived_products: ['gmjlu.json:6'],
      sold_without_order: ['hb.json:6'],
      orders_without_price: ['gmjlu.json:1'],
      orders_fitted: ['gmjlu.json:7'],
      duplicates: ['hb.json:9'],
      reserved: ['hb.json:7'],
      paid_before: ['agent:agent_20250124_143022: 50'],
    })
    expect(notes.find(({ about }) => about === 'approval')?.count).toBe(3)
  } finally {
    await fresh.drop()
  }
})

test('a second import of the same export changes nothing', async () => {
  const before = await contentsOf(database)
  const report = await importOld(place.url, smallShop())
  expect(report.changed).toBe(false)
  expect(report.documents.every(({ read, known }) => read === known)).toBe(true)
  expect(report.sums.filter(({ matches }) => !matches)).toEqual([])
  expect(await contentsOf(database)).toEqual(before)
})

test('the run is in the audit log, once', async () => {
  const rows = await rowsOf<{ details: Record<string, unknown> }>(
    `select details from audit_log where action = 'import.run'`,
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]?.details).toMatchObject({ users: { imported: 5, changed: 0 } })
})

test('a withdrawal that was requested there is approved and paid here', async () => {
  const id = 'aw_20250124_143022_abc123'
  const approved = await database.transaction((tx) => approveWithdrawal(tx, owner, { id }))
  expect(approved).toMatchObject({ kind: 'done', withdrawal: { status: 'approved' } })
  const paid = await database.transaction((tx) => payWithdrawal(tx, owner, { id, txid: 'ab'.repeat(32) }))
  expect(paid).toMatchObject({ kind: 'done', withdrawal: { status: 'paid' } })
  const balances = await balancesOf(database)
  expect(balances['agent:agent_20250124_143022 held']).toBe(0)
  expect(balances['agent:agent_20250124_143022 paid_out']).toBe(248)
  expect(await unbalancedAccounts(database)).toEqual([])
})

test('a refund of an order of the old system takes the profit back', async () => {
  const [order] = await rowsOf<{ target: string }>(
    `select target from imported_document where collection = 'orders' and number = 'A1'`,
  )
  await database.query(`select refund_order($1, null, 'r1', false, 'did not work', 'cli:test')`, [order?.target])
  const balances = await balancesOf(database)
  expect(balances['agent:agent001 pending']).toBe(0)
  expect(balances['agent:agent001 customer 5001']).toBe(1000)
  expect(await unbalancedAccounts(database)).toEqual([])
})

test('the same export still changes nothing after the shop has gone on', async () => {
  const before = await contentsOf(database)
  const report = await importOld(place.url, smallShop())
  expect(report.changed).toBe(false)
  expect(report.sums.filter(({ matches }) => !matches)).toEqual([])
  expect(await contentsOf(database)).toEqual(before)
})

test('profits that were pending mature by the job, those whose time has come at once', async () => {
  const fresh = await createTestDatabase()
  try {
    const shop = smallShop()
    const [first, ...others] = shop['agent_ledger'] ?? []
    await importOld(fresh.url, {
      ...shop,
      agent_ledger: [{ ...first, mature_at: { $date: '2025-01-22T10:00:00Z' } }, ...others],
    })
    await fresh.database.query(`select mature_profits(100, 'system:test')`)
    const balances = await balancesOf(fresh.database)
    expect(balances['agent:agent001 pending']).toBe(0)
    expect(balances['agent:agent001 available']).toBe(16)
  } finally {
    await fresh.drop()
  }
})

test('only an owner imports', async () => {
  const admin = { ...owner, role: 'admin' } as const
  await expect(importOld(place.url, smallShop(), { actor: admin })).rejects.toMatchObject({ code: 'not_allowed' })
})
