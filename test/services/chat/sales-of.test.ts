/** What an owner's statistics count. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shopOwnerActor } from '../../../domain/actor.ts'
import { makeKeyring } from '../../../domain/keyring.ts'
import { salesOf } from '../../../services/chat/sales-of.ts'
import { refundOrder } from '../../../services/orders/refund-order.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { buy } from '../../support/goods.ts'
import { ownerActor } from '../../support/rig.ts'

const tenant = 'agent:ann'
const actor = shopOwnerActor({ tenant, platform: 'telegram', platformUserId: '1', source: 'test' })
const keyring = makeKeyring([randomBytes(32)])
let db: TestDatabase

beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(
    `insert into tenant (id, name, markup_hundredths) values ('agent:ann', 'Ann', 1000), ('agent:ben', 'Ben', 0)`,
  )
  await db.database.query(
    `insert into customer (id, tenant_id, platform, platform_user_id, created_at)
     values ('a', 'agent:ann', 'telegram', '7', now()), ('old', 'agent:ann', 'telegram', '8', now() - interval '8 days'),
       ('b', 'agent:ben', 'telegram', '7', now())`,
  )
  await db.database.query(`select adjust_balance('a', 'USDT', 10000000, 'more', 'test', 'test')`)
})
afterAll(() => db.drop())

const sales = async () => salesOf(db.database, actor, { tenant })

/** The order was paid this long ago. */
async function age(order: number, interval: string): Promise<void> {
  await db.database.transaction(async (tx) => {
    await tx.query('set local session_replication_role = replica')
    await tx.query('update customer_order set paid_at = paid_at - $2::interval where id = $1', [order, interval])
  })
}

test('sales are counted by period, less what was given back, and of the own shop only', async () => {
  const none = { orders: 0, units: 0, money: [] }
  expect((await sales()).sales).toEqual(['today', 'week', 'month', 'all'].map((period) => ({ period, ...none })))
  const bought = { tenant, customerId: 'a', instanceId: null }
  const old = await buy(db, keyring, { ...bought, lines: ['one'] })
  const lastMonth = await buy(db, keyring, { ...bought, lines: ['two', 'three'] })
  await age(old, '400 days')
  await age(lastMonth, '10 days')
  const today = await buy(db, keyring, { ...bought, lines: ['four', 'five', 'six'] })
  await buy(db, keyring, { tenant: 'agent:ben', customerId: 'b', instanceId: null, lines: ['seven'] })
  const money = (turnover: string, profit: string) => [{ currency: 'USDT', turnover, profit }]
  expect((await sales()).sales).toEqual([
    { period: 'today', orders: 1, units: 3, money: money('3.3', '0.3') },
    { period: 'week', orders: 1, units: 3, money: money('3.3', '0.3') },
    { period: 'month', orders: 2, units: 5, money: money('5.5', '0.5') },
    { period: 'all', orders: 3, units: 6, money: money('6.6', '0.6') },
  ])
  await db.database.transaction((tx) =>
    refundOrder(tx, ownerActor, { order: today, key: 'back', restock: false, reason: 'test' }),
  )
  expect((await sales()).sales[0]).toEqual({ period: 'today', orders: 1, units: 0, money: money('0', '0') })
})

test('customers are counted, and those of the last 7 days', async () => {
  expect(await sales()).toMatchObject({ customers: 2, recentCustomers: 1 })
})

test('another shop’s sales are refused', async () => {
  await expect(salesOf(db.database, actor, { tenant: 'agent:ben' })).rejects.toMatchObject({ code: 'not_allowed' })
})
