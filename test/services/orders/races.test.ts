/** Many buyers at once on real connections, cut connections, killed clients: each key sells once, each unit once. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CommitUnknown, Database } from '../../../db/database.ts'
import type { Buyer, OrderView } from '../../../domain/shop.ts'
import { cancelOrder } from '../../../services/orders/cancel-order.ts'
import { payOrder } from '../../../services/orders/pay-order.ts'
import { type PlaceOrder, placeOrder } from '../../../services/orders/place-order.ts'
import { type RefundOrder, refundOrder } from '../../../services/orders/refund-order.ts'
import { releaseUnpaid } from '../../../services/orders/release-unpaid.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { clean } from './ledger-verdict.ts'

const tenant = 'agent:race'
const crowd = 1000

let test_: TestDatabase
let at: Database
beforeAll(async () => {
  test_ = await createTestDatabase()
  const patience = { queryTimeoutMs: 60_000, connectTimeoutMs: 60_000 }
  at = Database.open(test_.url, { applicationName: 'botfleet races', connectionsMax: 24, ...patience })
  await at.query(`insert into tenant (id, name, markup_hundredths) values ($1, 'Race', 1000)`, [tenant])
  await at.query(
    `insert into customer (id, tenant_id, platform, platform_user_id)
     select 'c' || n, $1, 'telegram', n::text from generate_series(0, $2 - 1) n`,
    [tenant, crowd],
  )
  await at.query(`select adjust_balance(id, 'USDT', 1000000000, 'start', 'x', 'x') from customer`)
})
afterAll(async () => {
  await at.close()
  await test_.drop()
})

let product: string
let number = 0
beforeEach(() => {
  product = `p${(number += 1)}`
})

async function stock(units: number): Promise<void> {
  await at.query(
    `insert into product (id, name, currency, base_price, created_by) values ($1, 'P', 'USDT', 1000000, 'x')`,
    [product],
  )
  await at.query(
    `insert into stock_unit (product_id, key_id, sealed, fingerprint)
     select $1, 'k', 's', sha256(n::text::bytea) from generate_series(1, $2) n`,
    [product, units],
  )
}
const buyer = (n: number): Buyer & { instanceId: string } => ({ tenant, customerId: `c${n}`, instanceId: '' })
const wanted = (more: Partial<PlaceOrder> = {}): PlaceOrder => ({
  product,
  quantity: 1,
  key: `${product} ${(number += 1)}`,
  shownUnitPrice: null,
  hold: false,
  maturityHours: 48,
  actor: 'test',
  ...more,
})
const order = (n: number, more: Partial<PlaceOrder> = {}, database = at) =>
  database.transaction((tx) => placeOrder(tx, { ...buyer(n), instanceId: null }, wanted(more)))
const refund = (id: number, more: Partial<RefundOrder> = {}) =>
  at.transaction((tx) =>
    refundOrder(tx, ownerActor, { order: id, key: `r${(number += 1)}`, restock: false, reason: 'x', ...more }),
  )
const many = <T>(times: number, make: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: times }, (_, n) => make(n)))
const wordsOf = (orders: readonly OrderView[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(orders, ({ status, refusal }) => refusal ?? status)).map(([word, all]) => [
      word,
      all?.length,
    ]),
  )
const sold = async () =>
  (await at.query(`select from stock_unit where product_id = $1 and state = 'sold'`, [product])).rowCount
/** Outcomes of what may fail, as words. */
const settled = async (attempts: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(attempts))
    .map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { code?: string }).code))
    .toSorted((one, other) => String(one).localeCompare(String(other)))

test('of 1,000 buyers for one unit one gets it, and everybody else hears that it is sold out', async () => {
  await stock(1)
  expect(wordsOf(await many(crowd, (n) => order(n)))).toEqual({ paid: 1, sold_out: crowd - 1 })
  expect(await clean(at)).toEqual([])
})

test('of 200 buyers for 100 units 100 get one', async () => {
  await stock(100)
  expect(wordsOf(await many(200, (n) => order(n)))).toEqual({ paid: 100, sold_out: 100 })
  expect(await sold()).toBe(100)
  expect(await clean(at)).toEqual([])
})

test('orders of several units are all or nothing, and nothing that could be sold stays behind', async () => {
  await stock(100)
  const words = wordsOf(await many(60, (n) => order(n, { quantity: 3 })))
  expect(words).toMatchObject({ paid: 33 })
  expect(await sold()).toBe(99)
  expect(wordsOf([await order(0, { quantity: 2 }), await order(0)])).toEqual({ fewer_left: 1, paid: 1 })
  expect(await clean(at)).toEqual([])
})

test('the same key pressed eight times at once sells once', async () => {
  await stock(50)
  const same = wanted()
  const orders = await many(8, () => order(1, same))
  expect(new Set(orders.map(({ id }) => id)).size).toBe(1)
  expect(await sold()).toBe(1)
  const clash = wanted()
  expect(await settled(Array.from({ length: 6 }, (_, n) => order(n, clash)))).toEqual([
    ...Array.from({ length: 5 }, () => 'conflict'),
    'done',
  ])
  expect(await sold()).toBe(2)
})

test('one customer cannot spend a balance twice', async () => {
  await stock(50)
  await at.query(
    `insert into customer (id, tenant_id, platform, platform_user_id) values ('poor', $1, 'telegram', 'poor')`,
    [tenant],
  )
  await at.query(`select adjust_balance('poor', 'USDT', 3300000, 'start', 'x', 'x')`)
  const orders = await many(12, () =>
    at.transaction((tx) => placeOrder(tx, { tenant, customerId: 'poor', instanceId: null }, wanted())),
  )
  expect(wordsOf(orders)).toEqual({ paid: 3, not_enough_balance: 9 })
})

test('a limit holds for orders at once', async () => {
  await stock(50)
  await at.query('update product set limit_per_customer = 2 where id = $1', [product])
  expect(wordsOf(await many(10, () => order(1)))).toEqual({ paid: 2, over_limit: 8 })
})

test('paid, cancelled and given back by the clock at once: one of them', async () => {
  await stock(40)
  for (let round = 0; round < 10; round += 1) {
    const { id } = await order(1, { hold: true, holdMinutes: round % 2 === 0 ? 0 : 5 })
    const own = { tenant, customerId: 'c1' }
    await Promise.all([
      at.transaction((tx) => payOrder(tx, own, { order: id, maturityHours: 48, actor: 'test' })),
      at.transaction((tx) => cancelOrder(tx, own, { order: id })),
      at.transaction((tx) => releaseUnpaid(tx)),
    ])
  }
  expect(await clean(at)).toEqual([])
})

test('refunds at once: the same key once, other keys share what is left', async () => {
  await stock(20)
  const one = await order(1, { quantity: 4 })
  const answers = await many(8, () => refund(one.id, { key: 'same' }))
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
  const two = await order(1, { quantity: 4 })
  expect(await settled(Array.from({ length: 6 }, () => refund(two.id)))).toEqual([
    ...Array.from({ length: 5 }, () => 'conflict'),
    'done',
  ])
  const three = await order(1, { quantity: 4 })
  const { rows } = await at.query<{ id: number }>('select id from stock_unit where order_id = $1', [three.id])
  expect(await settled([...rows, ...rows].map(({ id }) => refund(three.id, { units: [id] })))).toEqual([
    ...Array.from({ length: 4 }, () => 'conflict'),
    ...Array.from({ length: 4 }, () => 'done'),
  ])
  expect(await clean(at)).toEqual([])
})

test('a connection that breaks before, in and after the commit sells once: the key answers', async () => {
  await stock(30)
  const { proxy, url } = await TcpProxy.toDatabase(test_.url)
  const shaky = Database.open(url, { applicationName: 'botfleet shaky', connectionsMax: 1 })
  try {
    for (const text of ['begin', 'place_order', 'commit']) {
      const same = wanted()
      proxy.breakAfter(text)
      const broken = await order(1, same, shaky).catch((error: unknown) => error)
      expect(broken).toMatchObject({ code: 'unavailable' })
      expect(broken instanceof CommitUnknown).toBe(text === 'commit')
      const again = await many(3, () => order(1, same, shaky))
      expect(new Set(again.map(({ id }) => id)).size).toBe(1)
      expect(again[0]?.status).toBe('paid')
    }
    // In one round trip, without a transaction around it.
    const same = wanted()
    proxy.breakAfter('place_order')
    const alone = { ...buyer(1), instanceId: null }
    await expect(placeOrder(shaky, alone, same)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await placeOrder(shaky, alone, same)).toMatchObject({ status: 'paid' })
  } finally {
    await shaky.close()
    await proxy.stop()
  }
  expect(await sold()).toBe(4)
  expect(await clean(at)).toEqual([])
})

test('a client that is killed while it orders has sold what it says, and perhaps one more, each once', async () => {
  const kills = 4
  await stock(2000)
  const keys: string[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const prefix = `kill ${kill} `
    const said = await orderUntilKilled(prefix, 15 + 7 * kill)
    keys.push(...said, `${prefix}${said.length}`)
  }
  // The one after the last that it said may stand as well; asked again, it does, and no other is sold twice.
  const before = await sold()
  expect(before).toBeGreaterThanOrEqual(keys.length - kills)
  expect(before).toBeLessThanOrEqual(keys.length)
  const again = await Promise.all(keys.map((key) => order(1, { key })))
  expect(wordsOf(again)).toEqual({ paid: keys.length })
  expect(await sold()).toBe(keys.length)
  expect(await clean(at)).toEqual([])
})

/** Runs the client until it has said so many keys, kills it, and gives all it has said. */
async function orderUntilKilled(prefix: string, count: number): Promise<string[]> {
  const program = join(import.meta.dirname, '..', '..', 'fixtures', 'ordering-client.ts')
  const child = spawn(process.execPath, [program, test_.url, tenant, 'c1', product, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (said.length === count) child.kill('SIGKILL')
  }
  // Its transaction ends when the database notices.
  for (;;) {
    const { rowCount } = await at.query(
      `select from pg_stat_activity where application_name = 'botfleet ordering client'`,
    )
    if (rowCount === 0) return said
  }
}
