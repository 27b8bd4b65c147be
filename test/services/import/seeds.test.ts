import { afterEach, beforeEach, expect, test } from 'vitest'
import { readGoods } from '../../../services/stock/read-goods.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { date, fakeToken, type OldDocument, oid, sealAesGcm } from './old-export.ts'
import { importOld, keyring, misfitsOf } from './run-import.ts'
import { balancesOf } from './state-of.ts'

let place: TestDatabase
beforeEach(async () => {
  place = await createTestDatabase()
})
afterEach(() => place.drop())

async function rows<Row = Record<string, unknown>>(statement: string): Promise<Row[]> {
  return (await place.database.query<Row>(statement)).rows
}

/** Imports stock and orders of one product, and gives back which goods each order shows. */
async function goodsByOrder(
  stock: readonly OldDocument[],
  orders: readonly OldDocument[],
  more: Record<string, OldDocument[]> = {},
) {
  const report = await importOld(place.url, { ...more, stock, orders })
  const found = await rows<{ number: string; target: string }>(
    `select number, target from imported_document where collection = 'orders' order by number`,
  )
  const goods: Record<string, string[]> = {}
  for (const { number, target } of found) {
    const units = await readGoods(place.database, keyring, { orderId: Number(target) })
    goods[number] = units.map(({ content }) => content.toString()).sort()
  }
  return { goods, report }
}

test('the documents of seed 000, as they stand there', async () => {
  await importOld(place.url, {
    users: [{ user_id: 1, tenant: 'agent:agent001', USDT: 0 }],
    agents: [
      {
        agent_id: 'agent001',
        name: 'My Agent Bot',
        bot_token_encrypted: sealAesGcm(fakeToken(1)),
        status: 'active',
        pricing: { markup_type: 'percent', markup_value: 10 },
        payout: { wallet_address: 'TRC20_address', min_withdrawal: 10 },
        created_at: date('2025-01-01T00:00:00Z'),
      },
    ],
    orders: [
      {
        bianhao: 'order_bianhao',
        user_id: 1,
        tenant: 'agent:agent001',
        sold_by: { type: 'agent', agent_id: 'agent001' },
        base_price: 100,
        agent_price: 110,
        markup_value: 10,
        time: date('2025-01-02T00:00:00Z'),
      },
    ],
    agent_ledger: [
      {
        agent_id: 'agent001',
        order_id: 'order_bianhao',
        type: 'sale',
        status: 'matured',
        base_price: 100,
        agent_price: 110,
        markup_per_item: 10,
        qty: 1,
        profit: 10,
        created_at: date('2025-01-02T00:00:00Z'),
        mature_at: date('2025-01-04T00:00:00Z'),
        matured_at: date('2025-01-04T00:05:00Z'),
      },
    ],
    agent_withdrawals: [
      {
        agent_id: 'agent001',
        amount: 10,
        wallet_address: 'TRC20_address',
        status: 'requested',
        requested_at: date('2025-01-05T00:00:00Z'),
      },
    ],
  })
  expect(await balancesOf(place.database)).toMatchObject({
    'agent:agent001 pending': 0,
    'agent:agent001 available': 0,
    'agent:agent001 held': 10,
    'master revenue': 100,
  })
  expect(await rows('select id, state, approvals_needed from withdrawal')).toEqual([
    { id: expect.stringMatching(/^aw_20250105_000000_[0-9a-f]{8}$/), state: 'requested', approvals_needed: 1 },
  ])
})

test('the documents of seed 001, as they stand there', async () => {
  await importOld(place.url, {
    agents: [
      {
        _id: oid(1),
        agent_id: 'agent_20250124_143022',
        name: 'My Agent Bot',
        status: 'running',
        owner_user_id: 123456789,
        markup_usdt: '0.05',
        profit_available_usdt: '150.25',
        profit_frozen_usdt: '50.00',
        total_paid_usdt: '200.00',
        links: { support_link: '@mysupport', channel_link: 'https://t.me/mychannel', extra_links: [] },
      },
    ],
    agent_withdrawals: [
      {
        _id: oid(2),
        request_id: 'aw_20250124_143022_abc123',
        agent_id: 'agent_20250124_143022',
        owner_user_id: 123456789,
        amount_usdt: '50.00',
        fee_usdt: '1',
        address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
        status: 'pending',
        created_at: date('2025-01-24T14:30:22Z'),
        reject_reason: null,
      },
    ],
  })
  expect(await balancesOf(place.database)).toEqual({
    'agent:agent_20250124_143022 available': 150.25,
    'agent:agent_20250124_143022 held': 50,
    'agent:agent_20250124_143022 paid_out': 200,
    'master adjustment': -400.25,
  })
})

test('large withdrawals that are still open need two people, as they do here', async () => {
  const withdrawal = (id: number, amount: string, status: string) => ({
    _id: oid(id),
    agent_id: 'big',
    amount_usdt: amount,
    fee_usdt: '1',
    address: 'T',
    status,
    created_at: date('2025-01-24T14:30:22Z'),
    reviewed_by: 5,
  })
  await importOld(place.url, {
    agents: [
      { _id: oid(1), agent_id: 'big', profit_available_usdt: '0', profit_frozen_usdt: '2100', total_paid_usdt: '0' },
    ],
    agent_withdrawals: [
      withdrawal(2, '700', 'pending'),
      withdrawal(3, '700', 'approved'),
      withdrawal(4, '700', 'pending'),
    ],
  })
  expect(await rows('select state, approvals_needed as people from withdrawal order by state, id')).toEqual([
    { state: 'approved', people: 1 },
    { state: 'requested', people: 2 },
    { state: 'requested', people: 2 },
  ])
})

test('what was paid out before it was taken back is a debt', async () => {
  const sale = { agent_id: 'a', type: 'sale', profit: 10, created_at: date('2025-01-01T00:00:00Z') }
  const order = { user_id: 1, tenant: 'agent:a', base_price: 1, agent_price: 11, time: date('2025-01-01T00:00:00Z') }
  const { notes } = await importOld(place.url, {
    agents: [{ agent_id: 'a' }],
    orders: [
      { ...order, bianhao: 'O1' },
      { ...order, bianhao: 'O2' },
    ],
    agent_ledger: [
      { ...sale, _id: oid(1), order_id: 'O1', status: 'withdrawn', reverted: true },
      { ...sale, _id: oid(2), order_id: 'O1', type: 'refund', status: 'reverted', profit: -10 },
      { ...sale, _id: oid(3), order_id: 'O2', status: 'matured' },
    ],
    agent_withdrawals: [
      {
        agent_id: 'a',
        amount: 13,
        wallet_address: 'T',
        status: 'paid',
        requested_at: date('2025-01-05T00:00:00Z'),
        paid_at: date('2025-01-06T00:00:00Z'),
      },
    ],
  })
  expect(await balancesOf(place.database)).toMatchObject({
    'agent:a available': 0,
    'agent:a debt': -3,
    'agent:a paid_out': 13,
  })
  expect(notes.find(({ about }) => about === 'debts')?.places).toEqual(['agent:a: 3'])
  expect(notes.find(({ about }) => about === 'paid_without_txid')?.count).toBe(1)
})

const at = (time: string) => `2025-03-01 ${time}`

test('goods find their order by its number, else by buyer and time, else in turn', async () => {
  const unit = (id: number, goods: string, more: OldDocument) => ({
    _id: oid(id),
    nowuid: 'p',
    content: goods,
    state: 1,
    ...more,
  })
  const order = (number: string, time: string, more: OldDocument) => ({
    bianhao: number,
    user_id: 1,
    nowuid: 'p',
    price: 1,
    timer: at(time),
    count: 1,
    ...more,
  })
  const { goods } = await goodsByOrder(
    [
      unit(1, 'named', { order_id: 'O3', gmid: 9 }),
      unit(2, 'at noon', { gmid: 1, yssj: at('12:00:00') }),
      unit(3, 'at one', { gmid: 1, yssj: at('13:00:00') }),
      unit(4, 'no time', { gmid: 1 }),
      unit(5, 'of another', { gmid: 2, yssj: at('12:00:00') }),
      unit(6, 'of nobody', {}),
    ],
    [
      order('O1', '11:00:00', {}),
      order('O2', '12:00:05', {}),
      order('O3', '12:00:06', {}),
      order('O4', '13:00:01', {}),
      order('O5', '12:00:00', { user_id: 2, status: 'cancelled' }),
    ],
  )
  expect(goods).toEqual({ O1: ['no time'], O2: ['at noon'], O3: ['named'], O4: ['at one'], O5: [] })
  expect(await rows(`select count(*)::int as n from stock_unit where state = 'spoilt' and order_id is null`)).toEqual([
    { n: 2 },
  ])
})

test('an order that does not say how many it sold has as many as were sold with it', async () => {
  const unit = (id: number, time: string) => ({
    _id: oid(id),
    nowuid: 'p',
    content: `g${id}`,
    state: 1,
    gmid: 1,
    yssj: at(time),
  })
  const { goods } = await goodsByOrder(
    [unit(1, '12:00:00'), unit(2, '12:00:00'), unit(3, '12:00:01'), unit(4, '15:00:00')],
    [
      { bianhao: 'O1', user_id: 1, nowuid: 'p', timer: at('12:00:02') },
      { bianhao: 'O2', user_id: 1, nowuid: 'p', timer: at('15:00:00') },
      { bianhao: 'O3', user_id: 1, nowuid: 'p', timer: at('18:00:00') },
    ],
  )
  expect(goods).toEqual({ O1: ['g1', 'g2', 'g3'], O2: ['g4'], O3: [] })
  expect(
    await rows(
      `select quantity, total::int as total, discount::int as discount from customer_order order by created_at`,
    ),
  ).toEqual([
    { quantity: 3, total: 0, discount: 3 },
    { quantity: 1, total: 0, discount: 1 },
    { quantity: 1, total: 0, discount: 1 },
  ])
})

test('goods are where the documents have them: a field of their own, projectname, or hbid', async () => {
  const one = { user_id: 1, count: 9, price: 1, timer: at('12:00:00') }
  const sold = { state: 1, gmid: 1, yssj: at('12:00:00') }
  const first = await goodsByOrder(
    [
      { nowuid: 'own', projectname: 'Product', hbid: 'h1', content: 'from content', ...sold },
      { nowuid: 'own', projectname: 'Product', hbid: 'h2', data: { login: 'ann', password: 'FAKE' }, ...sold },
      { nowuid: 'own', projectname: 'Product', hbid: 'h3', text: 'first line\nsecond line', ...sold },
      { nowuid: 'name', projectname: 'acc-1', hbid: 'h4', ...sold },
      { nowuid: 'name', projectname: 'acc-2', hbid: 'h5', ...sold },
    ],
    [
      { ...one, bianhao: 'O1', nowuid: 'own' },
      { ...one, bianhao: 'O2', nowuid: 'name' },
    ],
  )
  expect(first.goods).toEqual({
    O1: ['first line\nsecond line', 'from content', 'login: ann | password: FAKE'],
    O2: ['acc-1', 'acc-2'],
  })
  expect(await rows(`select kind, file_name from stock_unit where kind = 'file'`)).toEqual([
    { kind: 'file', file_name: 'goods.txt' },
  ])
  expect(first.report.notes.find(({ about }) => about === 'goods')?.message).toContain('from projectname')
})

test('a name that all units of a product share is the product’s', async () => {
  const { goods } = await goodsByOrder(
    [1, 2, 3].map((number) => ({
      nowuid: 'p1',
      projectname: 'Netflix',
      hbid: `login-${number}`,
      state: 1,
      gmid: 1,
      yssj: at('12:00:00'),
    })),
    [{ bianhao: 'O1', user_id: 1, projectname: 'Netflix', count: 3, price: 2, timer: at('12:00:00') }],
  )
  expect(goods).toEqual({ O1: ['login-1', 'login-2', 'login-3'] })
  expect(await rows('select id, name, status, base_price::text as price from product')).toEqual([
    // Its price is not in the export: nobody can buy it before somebody sets one.
    { id: 'p1', name: 'Netflix', status: 'hidden', price: '1000000000000' },
  ])
})

test('goods that are there twice are stocked once: where one was sold, the sold wins', async () => {
  const { goods, report } = await goodsByOrder(
    [
      { _id: oid(1), nowuid: 'p', content: 'twice', state: 0 },
      { _id: oid(2), nowuid: 'p', content: 'twice', state: 1, gmid: 1 },
      { _id: oid(3), nowuid: 'q', content: 'twice', state: 0 },
    ],
    [{ bianhao: 'O1', user_id: 1, nowuid: 'p', price: 1, timer: at('12:00:00') }],
  )
  expect(goods).toEqual({ O1: ['twice'] })
  expect(await rows('select product_id, state from stock_unit order by 1')).toEqual([
    { product_id: 'p', state: 'sold' },
    { product_id: 'q', state: 'available' },
  ])
  expect(report.notes.find(({ about }) => about === 'duplicates')?.places).toEqual(['stock.json:1'])
})

test('goods that were sold there and can be bought here are refused', async () => {
  await importOld(place.url, { stock: [{ _id: oid(1), nowuid: 'p', content: 'mine', price: 1, state: 0 }] })
  const work = importOld(place.url, { stock: [{ _id: oid(2), nowuid: 'p', content: 'mine', price: 1, state: 1 }] })
  expect(await misfitsOf(work)).toEqual([
    expect.stringMatching(/^stock.json:1: it was sold there, but its goods can be bought here as unit \d+/),
  ])
})

test('ids of products that are none here are made into some, always the same', async () => {
  await importOld(place.url, { stock: [{ nowuid: '商品/1', content: 'a', price: '1.5', state: 0 }] })
  await importOld(place.url, { stock: [{ nowuid: '商品/1', content: 'b', price: '1.5', state: 0 }] })
  expect(await rows(`select id, name, base_price::int as price, status from product`)).toEqual([
    { id: expect.stringMatching(/^old-[0-9a-f]{20}$/), name: '商品/1', price: 1_500_000, status: 'active' },
  ])
  expect(await rows('select count(*)::int as n from stock_unit')).toEqual([{ n: 2 }])
})

test('documents without a time have that of their _id', async () => {
  const { notes } = await importOld(place.url, {
    topups: [{ _id: { $oid: '678f5a000000000000000001' }, user_id: 1, amount: 1, status: 'paid' }],
  })
  expect(await rows('select created_at from top_up')).toEqual([{ created_at: new Date(0x678f5a00 * 1000) }])
  expect(notes.find(({ about }) => about === 'times')?.count).toBe(1)
})

test('settings that are none here are left out and named', async () => {
  const { notes } = await importOld(place.url, {
    agents: [
      {
        agent_id: 'a',
        links: {
          support_link: 'not a link',
          extra_links: [{ title: 'Good', url: 'https://example.com' }, { title: 'No url' }],
        },
        settings: { notify_channel_id: -1001234567890 },
      },
    ],
  })
  expect(await rows(`select support_link, extra_links, notice_chat_id from tenant where id = 'agent:a'`)).toEqual([
    {
      support_link: null,
      extra_links: [{ title: 'Good', url: 'https://example.com/' }],
      notice_chat_id: '-1001234567890',
    },
  ])
  expect(notes.find(({ about }) => about === 'settings')?.count).toBe(2)
})

test('an array, pretty documents and canonical JSON are the same as lines', async () => {
  const users = [
    { _id: oid(1), user_id: { $numberInt: '1' }, USDT: { $numberDouble: '1.5' } },
    { _id: oid(2), user_id: { $numberLong: '2' } },
  ]
  for (const text of [
    JSON.stringify(users),
    JSON.stringify(users, null, 2),
    users.map((user) => JSON.stringify(user, null, 1)).join('\n'),
  ]) {
    const { documents } = await importOld(place.url, { 'shop.users.json': text })
    expect(documents).toMatchObject([{ collection: 'users', file: 'shop.users.json', read: 2 }])
  }
  expect(await rows('select count(*)::int as n from customer')).toEqual([{ n: 2 }])
})
