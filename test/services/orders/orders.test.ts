import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import type { Buyer, OrderView } from '../../../domain/shop.ts'
import { cancelOrder } from '../../../services/orders/cancel-order.ts'
import { goodsOfOrder } from '../../../services/orders/goods-of-order.ts'
import { listOrders } from '../../../services/orders/list-orders.ts'
import { ordersOfBuyer } from '../../../services/orders/orders-of-buyer.ts'
import { payOrder } from '../../../services/orders/pay-order.ts'
import { type PlaceOrder, placeOrder } from '../../../services/orders/place-order.ts'
import { placeOrderFor } from '../../../services/orders/place-order-for.ts'
import { releaseUnpaid } from '../../../services/orders/release-unpaid.ts'
import { showOrder } from '../../../services/orders/show-order.ts'
import { ownerActor } from '../../support/rig.ts'
import { Shelf } from '../stock/shelf-fixture.ts'
import { clean } from './ledger-verdict.ts'

let shelf: Shelf
beforeAll(async () => {
  shelf = await Shelf.open()
  await shelf.test.database.query(
    `insert into tenant (id, name, markup_hundredths) values ('agent:ten', 'Ten', 1000), ('agent:none', 'None', 0)`,
  )
})
afterAll(() => shelf.close())

let product: string
let buyer: Buyer
let keys = 0
beforeEach(async () => {
  product = await shelf.product()
  await shelf.add(product, 'one\ntwo\nthree\n')
  buyer = await shelf.buyer('agent:ten', 10_000_000)
})

const order = (more: Partial<PlaceOrder> = {}, who = buyer) =>
  placeOrder(shelf.test.database, who, {
    product,
    quantity: 1,
    key: `key ${(keys += 1)}`,
    shownUnitPrice: null,
    hold: false,
    maturityHours: 48,
    actor: 'test',
    ...more,
  })
const change = (text: string, ...values: unknown[]) => shelf.test.database.query(text, values)
const pay = (id: number, who = buyer) =>
  payOrder(shelf.test.database, who, { order: id, maturityHours: 48, actor: 'test' })
const cancel = (id: number, who = buyer) => cancelOrder(shelf.test.database, who, { order: id })
const balanceOf = async ({ customerId }: Buyer) =>
  (await shelf.rows<{ balance: number }>('select balance from account where customer_id = $1', [customerId]))[0]
    ?.balance
const sum = async (kind: string, tenant: string) =>
  (
    await shelf.rows<{ sum: number }>(
      `select coalesce(sum(case when t.to_account = a.id then t.amount else -t.amount end), 0)::bigint as sum
       from account a join transfer t on a.id in (t.from_account, t.to_account) where a.kind = $1 and a.tenant_id = $2`,
      [kind, tenant],
    )
  )[0]?.sum ?? 0

test('an order takes the goods, moves the money, notes the profit and hands over, all at once', async () => {
  const [revenue, pending] = [await sum('revenue', 'master'), await sum('pending', 'agent:ten')]
  const placed = await order({ quantity: 2, shownUnitPrice: 1_100_000n })
  expect(placed).toMatchObject({
    tenant: 'agent:ten',
    customer: buyer.customerId,
    instance: buyer.instanceId,
    product,
    product_name: `Product ${product}`,
    quantity: 2,
    currency: 'USDT',
    base_price: '1',
    markup: '0.1',
    unit_price: '1.1',
    discount: '0',
    total: '2.2',
    status: 'paid',
    refusal: null,
    refunded: '0',
  })
  expect(await balanceOf(buyer)).toBe(7_800_000)
  expect(await sum('revenue', 'master')).toBe(revenue + 2_000_000)
  expect(await sum('pending', 'agent:ten')).toBe(pending + 200_000)
  expect(await shelf.states(product)).toEqual({ available: 1, sold: 2 })
  const goods = await goodsOfOrder(shelf.test.database, buyer, shelf.keyring, { order: placed.id })
  expect(goods.map(({ content }) => content.toString())).toEqual(['one', 'two'])
  expect(await shelf.told('goods')).toContainEqual({
    customer_id: buyer.customerId,
    chat_id: null,
    payload: { order: placed.id },
  })
  expect(await showOrder(shelf.test.database, ownerActor, { order: placed.id })).toMatchObject({
    profit: { amount: '0.2', reverted: '0', state: 'pending' },
    refunds: [],
  })
  expect(await clean(shelf.test.database)).toEqual([])
})

test('the master sells without a markup, and nobody earns a profit', async () => {
  const direct = await shelf.buyer('master')
  const { id, total } = await order({}, direct)
  expect(total).toBe('1')
  expect((await showOrder(shelf.test.database, ownerActor, { order: id })).profit).toBeNull()
})

test('a markup is rounded half up at the scale, and a fixed one is per unit', async () => {
  await change(`update product set base_price = 5 where id = $1`, product)
  expect(await order()).toMatchObject({ base_price: '0.000005', markup: '0.000001', unit_price: '0.000006' })
  const fixed = await shelf.buyer('agent:none')
  await change(`update tenant set markup_kind = 'fixed' where id = 'agent:none'`)
  await change(`insert into tenant_fixed_markup (tenant_id, currency, amount) values ('agent:none', 'USDT', 250000)`)
  expect(await order({ quantity: 2 }, fixed)).toMatchObject({ markup: '0.25', total: '0.50001' })
})

interface Refused {
  readonly before?: string
  readonly more?: Partial<PlaceOrder>
  readonly refusal: string
  readonly detail: string | null
}
const refusals: Readonly<Record<string, Refused>> = {
  'a paused shop': {
    before: `update tenant set status = 'paused' where id = $3`,
    refusal: 'shop_paused',
    detail: null,
  },
  'a blocked customer': {
    before: `update customer set blocked_at = now(), blocked_reason = 'x' where id = $2`,
    refusal: 'customer_blocked',
    detail: null,
  },
  'a hidden product': {
    before: `update product set status = 'hidden' where id = $1`,
    refusal: 'not_for_sale',
    detail: null,
  },
  'a product that is not for agents': {
    before: `update product set visible_to_agents = false where id = $1`,
    refusal: 'not_for_sale',
    detail: null,
  },
  'a price that has changed': { more: { shownUnitPrice: 1_000_000n }, refusal: 'price_changed', detail: '1.1' },
  'more than a customer may have': {
    before: `update product set limit_per_customer = 1 where id = $1`,
    more: { quantity: 2 },
    refusal: 'over_limit',
    detail: '1',
  },
  'too little money': {
    before: `update product set base_price = 20000000 where id = $1`,
    refusal: 'not_enough_balance',
    detail: '12',
  },
  'fewer than asked': { more: { quantity: 4 }, refusal: 'fewer_left', detail: '3' },
  'nothing left': {
    before: `update stock_unit set state = 'spoilt' where product_id = $1`,
    refusal: 'sold_out',
    detail: '0',
  },
}

test.each(Object.entries(refusals))('%s refuses the order, and nothing moves', async (_, { before, more, ...said }) => {
  const states = before?.includes('spoilt') === true ? { spoilt: 3 } : { available: 3 }
  if (before !== undefined) {
    const values = [product, buyer.customerId, buyer.tenant]
    const used = [...new Set(before.match(/\$\d/g))]
    const text = used.reduce((all, name, index) => all.replaceAll(name, `$${index + 1}`), before)
    await change(text, ...used.map((name) => values[Number(name.slice(1)) - 1]))
  }
  const placed = await order(more)
  await change(`update tenant set status = 'active' where id = 'agent:ten'`)
  expect(placed).toMatchObject({ status: 'refused', refusal: said.refusal, refusal_detail: said.detail })
  expect(await balanceOf(buyer)).toBe(10_000_000)
  expect(await shelf.states(product)).toEqual(states)
  expect(await clean(shelf.test.database)).toEqual([])
})

test('what a customer has of a product counts against the limit, and what was refunded does not', async () => {
  await change(`update product set limit_per_customer = 2 where id = $1`, product)
  const two = await order({ quantity: 2 })
  const [unit] = (await showOrder(shelf.test.database, ownerActor, { order: two.id })).units
  await change(`select refund_order($1, array[$2::bigint], 'part', true, 'x', 'x')`, two.id, unit?.unit)
  expect(await order({ quantity: 2 })).toMatchObject({ refusal: 'over_limit', refusal_detail: '1' })
  await change(`select refund_order($1, null, 'rest', true, 'x', 'x')`, two.id)
  const first = await order()
  expect(await order({ quantity: 2 })).toMatchObject({ refusal: 'over_limit', refusal_detail: '1' })
  await order({ hold: true })
  expect(await order()).toMatchObject({ refusal: 'over_limit', refusal_detail: '0' })
  await change(`select refund_order($1, null, 'r', true, 'x', 'x')`, first.id)
  expect(await order()).toMatchObject({ status: 'paid' })
})

test('the same key is the same order, whatever has become of the shop since', async () => {
  const first = await order({ key: 'pressed', shownUnitPrice: 1_100_000n })
  await change(`update product set base_price = 2000000 where id = $1`, product)
  const again = await order({ key: 'pressed', shownUnitPrice: 2_200_000n })
  expect(again).toEqual(first)
  expect(await shelf.states(product)).toEqual({ available: 2, sold: 1 })
  await change(`select refund_order($1, null, 'r', false, 'x', 'x')`, first.id)
  expect(await order({ key: 'pressed' })).toMatchObject({ id: first.id, status: 'refunded' })
})

test('a refused key stays refused, also when it could be paid later', async () => {
  const poor = await shelf.buyer('agent:ten', 1)
  expect(await order({ key: 'early' }, poor)).toMatchObject({
    refusal: 'not_enough_balance',
    refusal_detail: '1.099999',
  })
  await change(`select adjust_balance($1, 'USDT', 5000000, 'more', 'x', 'x')`, poor.customerId)
  expect(await order({ key: 'early' }, poor)).toMatchObject({ status: 'refused' })
  expect(await order({ key: 'later' }, poor)).toMatchObject({ status: 'paid' })
})

test('a key of another order is refused, and writes nothing', async () => {
  await order({ key: 'mine' })
  const other = await shelf.buyer('agent:ten')
  await expect(order({ key: 'mine' }, other)).rejects.toMatchObject({ code: 'conflict' })
  await expect(order({ key: 'mine', quantity: 2 })).rejects.toMatchObject({ code: 'conflict' })
  expect(await order({ key: 'mine' }, await shelf.buyer('agent:none'))).toMatchObject({ status: 'paid' })
})

test.each([0, -1, 1.5, 1001, Number.NaN])('a quantity of %s is no order', async (quantity) => {
  await expect(order({ quantity })).rejects.toMatchObject({ code: 'usage' })
})

test.each(['', 'x'.repeat(201), 'import:7'])('the key "%s" is refused', async (key) => {
  await expect(order({ key })).rejects.toMatchObject({ code: 'usage' })
})

test('an unknown product, and a customer of another tenant, are not found', async () => {
  await expect(order({ product: 'nothing' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(order({}, { ...buyer, tenant: 'agent:none' })).rejects.toMatchObject({ code: 'not_found' })
})

test('goods are kept for an order and paid later; paid again it is the same', async () => {
  const kept = await order({ hold: true, quantity: 2 })
  expect(kept).toMatchObject({ status: 'reserved', paid_at: null })
  expect(await shelf.states(product)).toEqual({ available: 1, reserved: 2 })
  expect(await goodsOfOrder(shelf.test.database, buyer, shelf.keyring, { order: kept.id })).toEqual([])
  expect(await balanceOf(buyer)).toBe(10_000_000)
  expect(await pay(kept.id)).toMatchObject({ status: 'paid', pay_until: null })
  expect(await pay(kept.id)).toMatchObject({ status: 'paid' })
  expect(await balanceOf(buyer)).toBe(7_800_000)
  expect(await shelf.states(product)).toEqual({ available: 1, sold: 2 })
  expect(await clean(shelf.test.database)).toEqual([])
})

test('an order that cannot be paid stays kept, and says why', async () => {
  const poor = await shelf.buyer('agent:ten', 1_000_000)
  const kept = await order({ hold: true }, poor)
  expect(await pay(kept.id, poor)).toMatchObject({
    status: 'reserved',
    refusal: 'not_enough_balance',
    refusal_detail: '0.1',
  })
  await change(`update customer set blocked_at = now(), blocked_reason = 'x' where id = $1`, poor.customerId)
  expect(await pay(kept.id, poor)).toMatchObject({ status: 'reserved', refusal: 'customer_blocked' })
  const [stored] = await ordersOfBuyer(shelf.test.database, poor, { id: kept.id })
  expect(stored).toMatchObject({ status: 'reserved', refusal: null })
  expect(await clean(shelf.test.database)).toEqual([])
})

test('a kept order that is cancelled, or whose time is up, gives its goods back', async () => {
  const [one, two, three] = [await order({ hold: true }), await order({ hold: true }), await order({ hold: true })]
  expect(await cancel(one.id)).toMatchObject({ status: 'cancelled' })
  expect(await cancel(one.id)).toMatchObject({ status: 'cancelled' })
  expect(await pay(one.id)).toMatchObject({ status: 'cancelled' })
  await change(`update customer_order set pay_until = now() - interval '1 second' where id in (${two.id}, ${three.id})`)
  expect(await pay(two.id)).toMatchObject({ status: 'cancelled' })
  expect(await releaseUnpaid(shelf.test.database)).toBe(1)
  expect(await releaseUnpaid(shelf.test.database)).toBe(0)
  expect(await shelf.states(product)).toEqual({ available: 3 })
  expect(await shelf.told('order_expired')).toContainEqual({
    customer_id: buyer.customerId,
    chat_id: null,
    payload: { order: three.id },
  })
  expect(await clean(shelf.test.database)).toEqual([])
})

test('what is paid is not cancelled', async () => {
  const { id } = await order()
  expect(await cancel(id)).toMatchObject({ status: 'paid' })
})

test("another's order is nowhere to be found", async () => {
  const kept = await order({ hold: true })
  const stranger = await shelf.buyer('agent:ten')
  await expect(pay(kept.id, stranger)).rejects.toMatchObject({ code: 'not_found' })
  await expect(cancel(kept.id, stranger)).rejects.toMatchObject({ code: 'not_found' })
  await expect(cancel(kept.id, { ...buyer, tenant: 'agent:none' })).rejects.toMatchObject({ code: 'not_found' })
  await pay(kept.id)
  expect(await goodsOfOrder(shelf.test.database, stranger, shelf.keyring, { order: kept.id })).toEqual([])
  expect(await ordersOfBuyer(shelf.test.database, stranger, { id: kept.id })).toEqual([])
})

test('orders are listed newest first, page by page, without those that were refused', async () => {
  const placed: OrderView[] = [await order(), await order(), await order()]
  const refused = await order()
  expect(refused.refusal).toBe('sold_out')
  const newest = placed.map(({ id }) => id).reverse()
  const ids = async (input: Parameters<typeof ordersOfBuyer>[2]) =>
    (await ordersOfBuyer(shelf.test.database, buyer, input)).map(({ id }) => id)
  expect(await ids({})).toEqual(newest)
  expect(await ids({ limit: 2 })).toEqual(newest.slice(0, 2))
  expect(await ids({ before: newest[1] })).toEqual(newest.slice(2))
  expect(await ids({ id: refused.id })).toEqual([refused.id])
  const listed = await listOrders(shelf.test.database, ownerActor, { customer: buyer.customerId })
  expect(listed.map(({ id }) => id)).toEqual(newest)
  const soldOut = await listOrders(shelf.test.database, ownerActor, { product, status: 'refused' })
  expect(soldOut.map(({ id }) => id)).toEqual([refused.id])
})

test('an agent sees the orders of its own tenant only', async () => {
  const { id } = await order()
  const agent: Actor = { name: 'user:ag', userId: null, role: 'agent', tenant: 'agent:none', source: 'test' }
  await expect(showOrder(shelf.test.database, agent, { order: id })).rejects.toMatchObject({ code: 'not_found' })
  await expect(listOrders(shelf.test.database, agent, { tenant: 'agent:ten' })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  expect(await listOrders(shelf.test.database, agent, { product })).toEqual([])
  expect(await showOrder(shelf.test.database, { ...agent, tenant: 'agent:ten' }, { order: id })).toMatchObject({ id })
})

test('support orders in a customer’s place: once for a key, with a trace of who did', async () => {
  const input = { customer: buyer.customerId, product, quantity: 1, key: 'cli:1', maturityHours: 48 }
  const first = await shelf.run(placeOrderFor, input)
  expect(first).toMatchObject({ status: 'paid', instance: null, customer: buyer.customerId })
  expect(await shelf.run(placeOrderFor, input)).toEqual(first)
  const trace = await shelf.rows(`select actor from audit_log where action = 'order.place' and target_id = $1`, [
    String(first.id),
  ])
  expect(trace).toEqual([{ actor: ownerActor.name }])
  await expect(shelf.run(placeOrderFor, { ...input, customer: 'nobody' })).rejects.toMatchObject({ code: 'not_found' })
  const viewer: Actor = { ...ownerActor, role: 'viewer' }
  await expect(shelf.run(placeOrderFor, input, viewer)).rejects.toMatchObject({ code: 'not_allowed' })
})
