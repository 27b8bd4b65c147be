import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import type { Buyer } from '../../../domain/shop.ts'
import { goodsOfOrder } from '../../../services/orders/goods-of-order.ts'
import { type RefundOrder, refundOrder } from '../../../services/orders/refund-order.ts'
import { showOrder } from '../../../services/orders/show-order.ts'
import { ownerActor } from '../../support/rig.ts'
import { Shelf } from '../stock/shelf-fixture.ts'
import { clean } from './ledger-verdict.ts'

let shelf: Shelf
beforeAll(async () => {
  shelf = await Shelf.open()
})
afterAll(() => shelf.close())

let tenant: string
let product: string
let buyer: Buyer
let id: number
let keys = 0
beforeEach(async () => {
  tenant = `agent:shop_${(keys += 1)}`
  await shelf.test.database.query('insert into tenant (id, name, markup_hundredths) values ($1, $1, 1000)', [tenant])
  product = await shelf.product()
  await shelf.add(product, 'one\ntwo\nthree\n')
  buyer = await shelf.buyer(tenant, 10_000_000)
  id = (await shelf.order(buyer, product, 3)).id
})

const refund = (more: Partial<RefundOrder> = {}, actor: Actor = ownerActor) =>
  shelf.run(refundOrder, { order: id, key: `r${(keys += 1)}`, restock: false, reason: 'broken', ...more }, actor)
const show = () => showOrder(shelf.test.database, ownerActor, { order: id })
const unitsOf = async () => (await show()).units.map(({ unit }) => unit)
const mature = () => shelf.test.database.query(`select mature_profits(1000, 'test')`)
const balanceOf = async (kind: string) => {
  const [row] = await shelf.rows<{ balance: number }>(
    `select balance from account where kind = $1 and tenant_id = $3 and (customer_id is null or customer_id = $2)`,
    [kind, buyer.customerId, tenant],
  )
  return row?.balance ?? 0
}

test('a whole order goes back: the money to the buyer, the profit from the agent, the goods spoilt', async () => {
  const told = (await shelf.told('order_refunded')).length
  expect(await refund()).toMatchObject({
    units: 3,
    amount: '3.3',
    restocked: false,
    repeated: false,
    order: { status: 'refunded', refunded: '3.3', refunded_units: 3 },
  })
  expect(await balanceOf('customer')).toBe(10_000_000)
  expect(await shelf.states(product)).toEqual({ spoilt: 3 })
  expect((await show()).profit).toMatchObject({ amount: '0.3', reverted: '0.3', state: 'reverted' })
  expect(await goodsOfOrder(shelf.test.database, buyer, shelf.keyring, { order: id })).toEqual([])
  expect((await shelf.told('order_refunded')).slice(told)).toEqual([
    { customer_id: buyer.customerId, chat_id: null, payload: { order: id, units: 3, amount: '3.3', currency: 'USDT' } },
  ])
  expect(await clean(shelf.test.database)).toEqual([])
})

test('some units go back, unused ones to the shelf, and are sold again', async () => {
  const [first, second] = await unitsOf()
  expect(await refund({ units: [first ?? 0], restock: true })).toMatchObject({
    units: 1,
    amount: '1.1',
    order: { status: 'partly_refunded' },
  })
  expect(await shelf.states(product)).toEqual({ available: 1, sold: 2 })
  const again = await shelf.order(buyer, product, 1)
  const goods = await goodsOfOrder(shelf.test.database, buyer, shelf.keyring, { order: again.id })
  expect(goods.map(({ unitId }) => unitId)).toEqual([first])
  expect(
    (await goodsOfOrder(shelf.test.database, buyer, shelf.keyring, { order: id })).map((unit) => unit.unitId),
  ).toEqual((await unitsOf()).slice(1))
  await refund({ units: [second ?? 0] })
  expect(await refund()).toMatchObject({ units: 1, order: { status: 'refunded', refunded: '3.3' } })
  const { units, refunds } = await show()
  expect(units.map(({ refunded_at: at }) => at === null)).toEqual([false, false, false])
  expect(refunds.map(({ restocked }) => restocked)).toEqual([true, false, false])
  expect(await clean(shelf.test.database)).toEqual([])
})

test('after the profit matured it comes from what the agent has, and the rest is owed and repaid first', async () => {
  await mature()
  expect(await balanceOf('available')).toBe(300_000)
  const [first] = await unitsOf()
  await refund({ units: [first ?? 0] })
  expect(await balanceOf('available')).toBe(200_000)
  // Somebody has taken the rest out meanwhile.
  await shelf.test.database.query(
    `select * from request_withdrawal($1, 'w', 'USDT', 150000, 1, 'T', 1, 'test', null, null, null)`,
    [tenant],
  )
  await refund()
  expect([await balanceOf('available'), await balanceOf('debt')]).toEqual([0, -150_000])
  await shelf.add(product, 'four\n')
  await shelf.order(buyer, product, 1)
  await mature()
  expect([await balanceOf('available'), await balanceOf('debt')]).toEqual([0, -50_000])
  expect(await clean(shelf.test.database)).toEqual([])
})

test('the same key refunds once and says the same; with other units it is refused', async () => {
  const [first, second] = await unitsOf()
  const once = await refund({ key: 'k', units: [first ?? 0] })
  const told = (await shelf.told('order_refunded')).length
  expect(await refund({ key: 'k', units: [first ?? 0] })).toEqual({ ...once, repeated: true })
  await expect(refund({ key: 'k', units: [second ?? 0] })).rejects.toMatchObject({ code: 'conflict' })
  await expect(refund({ key: 'k', units: [first ?? 0, second ?? 0] })).rejects.toMatchObject({ code: 'conflict' })
  await expect(refund({ key: 'k', units: [first ?? 0], restock: true })).rejects.toMatchObject({ code: 'conflict' })
  expect(await shelf.told('order_refunded')).toHaveLength(told)
  const traces = await shelf.rows(`select from audit_log where action = 'order.refund' and target_id = $1`, [
    String(id),
  ])
  expect(traces).toHaveLength(1)
})

test('what was refunded, was never bought, or is not paid, is not refunded', async () => {
  const [first] = await unitsOf()
  await refund({ units: [first ?? 0] })
  const other = await shelf.product()
  await shelf.add(other, 'x\ny\n')
  const elsewhere = await shelf.order(buyer, other, 1)
  const [foreign] = (await showOrder(shelf.test.database, ownerActor, { order: elsewhere.id })).units
  for (const units of [[first ?? 0], [foreign?.unit ?? 0], [999_999], [], [(first ?? 0) + 1, foreign?.unit ?? 0]]) {
    await expect(refund({ units })).rejects.toMatchObject({ code: 'conflict' })
  }
  const kept = await shelf.order(buyer, other, 1, 60)
  await expect(refund({ order: kept.id })).rejects.toMatchObject({ code: 'conflict' })
  await refund()
  await expect(refund()).rejects.toMatchObject({ code: 'conflict' })
  await expect(refund({ order: 999_999 })).rejects.toMatchObject({ code: 'not_found' })
  expect(await clean(shelf.test.database)).toEqual([])
})

test('a refund needs a reason, a key and the right to', async () => {
  await expect(refund({ reason: ' ' })).rejects.toMatchObject({ code: 'usage' })
  await expect(refund({ key: '' })).rejects.toMatchObject({ code: 'usage' })
  for (const role of ['operator', 'viewer', 'agent'] as const) {
    await expect(refund({}, { ...ownerActor, role, tenant })).rejects.toMatchObject({
      code: 'not_allowed',
    })
  }
})

test('a blocked customer is refunded', async () => {
  await shelf.test.database.query(`update customer set blocked_at = now(), blocked_reason = 'x' where id = $1`, [
    buyer.customerId,
  ])
  expect(await refund()).toMatchObject({ amount: '3.3' })
})

test('the parts of a discounted order add up to its total, in whatever order they come back', async () => {
  const total = 3_300_000 - 1_000_001
  const discounted = await shelf.test.database.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: number }>(
      `insert into customer_order (tenant_id, customer_id, product_id, key, quantity, currency, base_price, markup_kind,
         markup_value, markup, unit_price, discount, total, status, paid_at)
       select tenant_id, customer_id, product_id, 'discounted', quantity, currency, base_price, markup_kind, markup_value,
         markup, unit_price, 1000001, total - 1000001, 'paid', now() from customer_order where id = $1 returning id`,
      [id],
    )
    const order = rows[0]?.id ?? 0
    await tx.query(
      `insert into stock_unit (product_id, key_id, sealed, fingerprint, state, order_id)
       select $1, 'k', 's', sha256(n::text::bytea), 'sold', $2 from generate_series(1, 3) n`,
      [product, order],
    )
    await tx.query(
      `with entry as (insert into journal_entry (kind, reference, tenant_id, actor) values ('sale', $1, $4, 'x')
         returning id)
       insert into transfer (entry_id, currency, from_account, to_account, amount)
       select id, 'USDT', account_of($4, 'customer', 'USDT', $2), leg.account, leg.amount from entry,
         (values (account_of('master', 'revenue', 'USDT'), $3::bigint), (account_of($4, 'pending', 'USDT'), 300000))
           as leg (account, amount)`,
      [String(order), buyer.customerId, total - 300_000, tenant],
    )
    await tx.query(
      `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values ($1, $2, 'USDT', 300000, now())`,
      [order, tenant],
    )
    return order
  })
  id = discounted
  const before = await balanceOf('customer')
  for (const unit of await unitsOf()) await refund({ units: [unit] })
  expect(await balanceOf('customer')).toBe(before + total)
  expect((await show()).refunded).toBe('2.299999')
  expect(await clean(shelf.test.database)).toEqual([])
})
