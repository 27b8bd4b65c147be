import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkLedger } from '../../../services/ledger/check-ledger.ts'
import { approveWithdrawal } from '../../../services/withdrawals/approve-withdrawal.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { date, type OldDocument, oid, smallShop } from './old-export.ts'
import { importOld, misfitsOf, owner } from './run-import.ts'
import { balancesOf, contentsOf } from './state-of.ts'

let place: TestDatabase
beforeEach(async () => {
  place = await createTestDatabase()
  await importOld(place.url, smallShop())
})
afterEach(() => place.drop())

type Shop = Record<string, OldDocument[]>

/** The shop some days later: `edits` change documents in place, `more` are new. */
function later(edits: Readonly<Record<string, Readonly<Record<number, OldDocument>>>>, more: Shop = {}): Shop {
  const shop = smallShop()
  for (const [collection, changes] of Object.entries(edits)) {
    shop[collection] = (shop[collection] ?? []).map((document, at) => ({ ...document, ...changes[at] }))
  }
  for (const [collection, documents] of Object.entries(more)) {
    shop[collection] = [...(shop[collection] ?? []), ...documents]
  }
  return shop
}

async function rows<Row = Record<string, unknown>>(statement: string): Promise<Row[]> {
  return (await place.database.query<Row>(statement)).rows
}

/** Imports it, and again, which must change nothing more. */
async function follow(shop: Shop) {
  const report = await importOld(place.url, shop)
  expect(report.sums.filter(({ matches }) => !matches)).toEqual([])
  const { findings } = await checkLedger(place.database, owner)
  expect(findings.filter(({ count }) => count > 0)).toEqual([])
  const before = await contentsOf(place.database)
  expect((await importOld(place.url, shop)).changed).toBe(false)
  expect(await contentsOf(place.database)).toEqual(before)
  return report
}

const laterTopUp = {
  _id: oid(520),
  bianhao: 'T20',
  user_id: 5001,
  money: 30,
  status: 'completed',
  time: date('2025-02-01T00:00:00Z'),
}

test('later rows are added, and the balance that they explain is not adjusted', async () => {
  const adjusted = (await balancesOf(place.database))['master adjustment']
  const report = await follow(
    later(
      // 12.5 there, topped up by 30, and bought for 10.
      { users: { 0: { USDT: 32.5 } } },
      {
        topup: [laterTopUp],
        gmjlu: [
          {
            _id: oid(220),
            bianhao: 'M20',
            user_id: 5001,
            nowuid: 'p1',
            count: 1,
            price: 10,
            time: date('2025-02-02T00:00:00Z'),
          },
        ],
        users: [{ _id: oid(30), user_id: 5030, USDT: 1 }],
        hb: [{ _id: oid(130), nowuid: 'p1', projectname: 'login-20', state: 0 }],
      },
    ),
  )
  expect(report.documents.find(({ collection }) => collection === 'users')).toMatchObject({
    read: 6,
    imported: 1,
    changed: 1,
    known: 4,
  })
  const balances = await balancesOf(place.database)
  expect(balances['master customer 5001']).toBe(32.5)
  expect(balances['master customer 5030']).toBe(1)
  expect(balances['master adjustment']).toBe((adjusted ?? 0) - 1)
})

test('an export of later rows only adds them, too', async () => {
  const report = await importOld(place.url, {
    users: [{ _id: oid(30), user_id: 5030, USDT: 1 }],
    topup: [laterTopUp],
  })
  expect(report.documents.map(({ collection, imported }) => [collection, imported])).toEqual([
    ['topups', 1],
    ['users', 1],
  ])
  // Its user is not in this export: the balance that was imported still holds.
  expect((await balancesOf(place.database))['master customer 5001']).toBe(12.5)
})

test('what was sold there meanwhile is not sold here', async () => {
  await follow(
    later(
      { hb: { 0: { state: 1, gmid: 5001, yssj: '2025-02-01 00:00:00' }, 1: { state: 1, gmid: 77 } } },
      {
        gmjlu: [
          {
            _id: oid(220),
            bianhao: 'M20',
            user_id: 5001,
            nowuid: 'p1',
            count: 1,
            price: 10,
            time: date('2025-02-01T00:00:01Z'),
          },
        ],
      },
    ),
  )
  expect(
    await rows(`select d.key, u.state, o.key as "order" from imported_document d join stock_unit u on u.id = d.target::bigint
      left join customer_order o on o.id = u.order_id where d.collection = 'stock' and d.state = 'sold'
      and d.number is null order by d.key limit 2`),
  ).toEqual([
    expect.objectContaining({ state: 'sold', order: expect.stringContaining('import:') }),
    expect.objectContaining({ state: 'spoilt', order: null }),
  ])
})

test('what was sold in both systems is refused', async () => {
  await place.database.query(
    `update stock_unit set state = 'spoilt' where id = (select target::bigint from imported_document
     where collection = 'stock' and key = '000000000000000000000065')`,
  )
  const [order] = await rows<{ id: number }>(`select id from customer_order where status = 'paid' limit 1`)
  await place.database.query(
    `update stock_unit set state = 'sold', order_id = $1, sold_at = now() where id = (select target::bigint from imported_document
     where collection = 'stock' and key = '000000000000000000000066')`,
    [order?.id],
  )
  // The first was taken off the shelf here, which agrees; the second was sold here.
  expect(await misfitsOf(importOld(place.url, later({ hb: { 1: { state: 1 }, 2: { state: 1 } } })))).toEqual([
    expect.stringMatching(/^hb.json:3: it is sold there, and sold here, as unit \d+: find out who has the goods/),
  ])
})

test('profits go on as they did there, once, whether they matured here as well or not', async () => {
  const matured = { agent_ledger: { 0: { status: 'matured', matured_at: date('2025-01-22T10:00:00Z') } } }
  await follow(later(matured))
  expect(await balancesOf(place.database)).toMatchObject({
    'agent:agent001 pending': 0,
    'agent:agent001 available': 16,
  })
})

test('a profit that matured here is not entered again', async () => {
  await place.database.query(
    `select settle_profits(array_agg(order_id), 'system:test') from agent_profit where state = 'pending'`,
  )
  expect(await balancesOf(place.database)).toMatchObject({
    'agent:agent001 pending': 0,
    'agent:agent001 available': 16,
  })
  await follow(later({ agent_ledger: { 0: { status: 'matured' } } }))
  expect(await balancesOf(place.database)).toMatchObject({
    'agent:agent001 pending': 0,
    'agent:agent001 available': 16,
  })
})

test('a profit that was taken back there is refunded here, by a person', async () => {
  expect(await misfitsOf(importOld(place.url, later({ agent_ledger: { 0: { status: 'reverted' } } })))).toEqual([
    expect.stringMatching(
      /^agent_ledger.json:1: it was a profit of order \d+ when it was imported, and is reverted now: refund the order here/,
    ),
  ])
})

test.each([
  [
    'approved',
    { status: 'approved', approved_at: date('2025-02-01T00:00:00Z') },
    { held: 4, available: 6, paid_out: 10 },
  ],
  [
    'paid',
    { status: 'paid', paid_at: date('2025-02-01T00:00:00Z'), txid: '0xpaid3' },
    { held: 0, available: 6, paid_out: 14 },
  ],
  ['rejected', { status: 'rejected', admin_note: 'no' }, { held: 0, available: 10, paid_out: 10 }],
  ['cancelled', { status: 'cancelled' }, { held: 0, available: 10, paid_out: 10 }],
])('a withdrawal that was %s there is so here', async (state, more, wanted) => {
  await follow(later({ agent_withdrawals: { 1: more } }))
  const [row] = await rows(
    `select w.state, w.txid from withdrawal w join imported_document d on d.target = w.id and d.key = '000000000000000000000191'`,
  )
  expect(row).toMatchObject({ state })
  const balances = await balancesOf(place.database)
  for (const [kind, amount] of Object.entries(wanted)) expect(balances[`agent:agent001 ${kind}`], kind).toBe(amount)
})

test('a withdrawal that was approved here, and paid there, is refused; approved in both, it goes on', async () => {
  const [row] = await rows<{ target: string }>(
    `select target from imported_document where key = '000000000000000000000191'`,
  )
  await place.database.transaction((tx) => approveWithdrawal(tx, owner, { id: row?.target ?? '' }))
  const paid = { status: 'paid', paid_at: date('2025-02-01T00:00:00Z'), txid: '0xpaid3' }
  expect(await misfitsOf(importOld(place.url, later({ agent_withdrawals: { 1: paid } })))).toEqual([
    expect.stringMatching(/^agent_withdrawals.json:2: it is paid there, and approved here/),
  ])
  await follow(later({ agent_withdrawals: { 1: { status: 'approved' } } }))
  await follow(later({ agent_withdrawals: { 1: paid } }))
  expect(await balancesOf(place.database)).toMatchObject({ 'agent:agent001 held': 0, 'agent:agent001 paid_out': 14 })
})

test('a top-up that was open is confirmed, or ends, as it did there', async () => {
  await follow(
    later({
      users: { 0: { USDT: 19.5 } },
      topup: { 1: { status: 'completed', txid: 'tx-2' }, 2: { status: 'cancelled' } },
    }),
  )
  const balances = await balancesOf(place.database)
  expect(balances).toMatchObject({ 'master customer 5001': 19.5, 'master top_up': -27.5 })
  expect(
    await rows(
      `select state from top_up where key in ('import:0000000000000000000001f5', 'import:0000000000000000000001f6') order by key`,
    ),
  ).toEqual([{ state: 'confirmed' }, { state: 'cancelled' }])
})

test('a payment that both systems credited counts once', async () => {
  await place.database.query(
    `select confirm_top_up(id, 'manual', 'tx-3', null, 'cli:test') from top_up where key = 'import:0000000000000000000001f6'`,
  )
  await follow(later({ users: { 1: { USDT: '7.000001' } }, topup: { 2: { status: 'completed' } } }))
  expect((await balancesOf(place.database))['master customer 5002']).toBe(7.000001)
})

test('money that was spent here is not taken away by what the old system says later', async () => {
  await place.database.query(
    `select adjust_balance(id, 'USDT', -12000000, 'k', 'spent', 'cli:test') from customer where platform_user_id = '5001' and tenant_id = 'master'`,
  )
  expect(await misfitsOf(importOld(place.url, later({ users: { 0: { USDT: 11 } } })))).toEqual([
    expect.stringMatching(/^users.json:1: the customer 5001 of master would be short of 1: it was spent here/),
  ])
  // What is left may go.
  await follow(later({ users: { 0: { USDT: 12 } } }))
  expect((await balancesOf(place.database))['master customer 5001']).toBe(0)
})

test('agents that count their profits are brought to what they count', async () => {
  await follow(later({ agents: { 1: { profit_available_usdt: '160.25' } } }))
  expect((await balancesOf(place.database))['agent:agent_20250124_143022 available']).toBe(160.25)
})

test('settings, names and prices that were changed there do not overwrite what is here', async () => {
  const before = await contentsOf(place.database)
  const { notes } = await follow(
    later({ agents: { 0: { name: 'Other' } }, ejfl: { 0: { money: 5 } }, users: { 0: { fullname: 'Other' } } }),
  )
  const after = await contentsOf(place.database)
  for (const table of ['tenant', 'product', 'customer', 'journal_entry']) expect(after[table]).toEqual(before[table])
  expect(notes.map(({ about }) => about)).toEqual(expect.arrayContaining(['agents_here', 'products_here']))
})

test('an order that has changed is refused', async () => {
  expect(await misfitsOf(importOld(place.url, later({ gmjlu: { 6: { total: 10 } } })))).toEqual([
    expect.stringMatching(/^gmjlu.json:7: it has changed since it became order \d+ here, which stays as it is/),
  ])
})
