import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refundOrder } from '../../services/orders/refund-order.ts'
import { ownerActor } from '../support/rig.ts'
import { allOf, answerBehind, foreign, keyed, openShopPanel, own, type ShopPanel, statusOf } from './shop-fixture.ts'

let shop: ShopPanel
beforeAll(async () => {
  shop = await openShopPanel()
})
afterAll(() => shop.close())

const place = (body: unknown, headers: Record<string, string> = keyed()) =>
  shop.admin('POST', '/api/orders', body, headers)
const refund = (order: number, body: unknown, headers: Record<string, string> = keyed()) =>
  shop.admin('POST', `/api/orders/${order}/refund`, body, headers)

async function balance(customer: string): Promise<string> {
  const { json } = await shop.admin('GET', `/api/customers/${customer}`)
  return (json['balances'] as { amount: string }[])[0]?.amount ?? '0'
}

async function unitsOf(order: number): Promise<number[]> {
  const { json } = await shop.admin('GET', `/api/orders/${order}`)
  return (json['units'] as { unit: number }[]).map(({ unit }) => unit)
}

describe('an order', () => {
  it('is placed from the balance of the customer, with the markup of its shop', async () => {
    await shop.admin('PUT', '/api/shops/t1/pricing', { kind: 'percent', percent: '10' })
    const [customer, product] = [await shop.addCustomer(own, 10), await shop.addProduct(3)]
    const placed = await place({ customer, product, quantity: 2 })
    expect(placed.status).toBe(201)
    expect(placed.json).toMatchObject({
      tenant: own,
      customer,
      quantity: 2,
      base_price: '2',
      markup: '0.2',
      total: '4.4',
      status: 'paid',
      refusal: null,
    })
    expect(await balance(customer)).toBe('5.6')
    const id = String(placed.json['id'])
    const shown = await shop.admin('GET', `/api/orders/${id}`)
    expect(shown.json).toMatchObject({ profit: { amount: '0.4', state: 'pending' }, refunds: [] })
    expect(shown.json['units']).toHaveLength(2)
    const { rows } = await shop.database.query(
      `select actor from audit_log where action = 'order.place' and target_id = $1`,
      [id],
    )
    expect(rows).toEqual([{ actor: 'user:the-admin' }])
  })

  it.each([
    ['too little balance', { usdt: 1, units: 1 }, { refusal: 'not_enough_balance', detail: '1' }],
    ['nothing on the shelf', { usdt: 10, units: 0 }, { refusal: 'sold_out' }],
    ['fewer on the shelf', { usdt: 10, units: 1, quantity: 2 }, { refusal: 'fewer_left' }],
    ['a paused shop', { usdt: 10, units: 1, tenant: foreign }, { refusal: 'shop_paused' }],
  ])('is refused with %s: a 409 that says so, and nothing moved', async (_what, given, expected) => {
    const {
      usdt,
      units,
      quantity = 1,
      tenant = 'master',
    } = given as {
      usdt: number
      units: number
      quantity?: number
      tenant?: string
    }
    await shop.admin('POST', '/api/agents/t2/pause')
    const [customer, product] = [await shop.addCustomer(tenant, usdt), await shop.addProduct(units)]
    const before = [await shop.count('customer_order'), await shop.count('journal_entry')]
    const refused = await place({ customer, product, quantity })
    expect(refused.json).toMatchObject({ status: 409, code: 'conflict', refusal: expected.refusal })
    if ('detail' in expected) {
      expect(refused.json['detail']).toContain(`${expected.detail} USDT`)
      expect(refused.json['refusal_detail']).toBe(expected.detail)
    }
    expect([await shop.count('customer_order'), await shop.count('journal_entry')]).toEqual(before)
    await shop.admin('POST', '/api/agents/t2/resume')
  })

  it('that was refused is placed by the same key when there is money', async () => {
    const [customer, product, key] = [await shop.addCustomer(), await shop.addProduct(1), keyed()]
    expect((await place({ customer, product }, key)).status).toBe(409)
    await shop.admin('POST', `/api/customers/${customer}/adjust`, { amount: '2', reason: 'paid' }, keyed())
    expect((await place({ customer, product }, key)).status).toBe(201)
  })

  it('is placed once of twenty requests at once, and for ever once for its key', async () => {
    const [customer, product, key] = [await shop.addCustomer('master', 100), await shop.addProduct(30), keyed()]
    const answers = await Promise.all(Array.from({ length: 20 }, () => place({ customer, product }, key)))
    expect(answers.every(({ status }) => [201, 409].includes(status))).toBe(true)
    const made = new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json['id']))
    expect(made.size).toBe(1)
    expect(await balance(customer)).toBe('98')
    await shop.database.query('delete from api_reply')
    const later = await place({ customer, product }, key)
    expect(made.has(later.json['id'])).toBe(true)
    expect(await balance(customer)).toBe('98')
  })

  it.each([
    ['no key', { quantity: 1 }, {}, 400],
    ['a key that is none', { quantity: 1 }, keyed('two words'), 400],
    ['no units', { quantity: 0 }, undefined, 400],
    ['half a unit', { quantity: 0.5 }, undefined, 400],
    ['too many units', { quantity: 1001 }, undefined, 400],
    ['a price of its own', { unit_price: '0.01' }, undefined, 400],
    ['an unknown customer', { customer: 'nobody' }, undefined, 404],
    ['an unknown product', { product: 'nothing' }, undefined, 404],
    ['a product by number', { product: 5 }, undefined, 400],
  ])('is not placed with %s', async (_what, more, headers, status) => {
    const [customer, product] = [await shop.addCustomer('master', 10), await shop.addProduct(1)]
    const before = await shop.count('customer_order')
    const answer = await place({ customer, product, ...more }, headers)
    expect(answer.status, answer.text).toBe(status)
    expect(await shop.count('customer_order')).toBe(before)
  })
})

describe('a refund', () => {
  async function sold(quantity = 3): Promise<{ customer: string; product: string; order: number }> {
    const [customer, product] = [await shop.addCustomer('master', 2 * quantity), await shop.addProduct(quantity)]
    return { customer, product, order: await shop.buy(customer, product, quantity) }
  }

  it('gives back some units, then the rest, and then no more', async () => {
    const { customer, product, order } = await sold()
    const [unit] = await unitsOf(order)
    const first = await refund(order, { units: [unit], restock: true, reason: 'wrong product' })
    expect(first.json).toMatchObject({
      units: 1,
      amount: '2',
      restocked: true,
      repeated: false,
      order: { id: order, status: 'partly_refunded' },
    })
    expect((await refund(order, { reason: 'did not work' })).json).toMatchObject({
      units: 2,
      amount: '4',
      order: { status: 'refunded' },
    })
    expect(statusOf(await refund(order, { reason: 'again' }))).toEqual({ status: 409, code: 'conflict' })
    expect(await balance(customer)).toBe('6')
    const { json } = await shop.admin('GET', `/api/stock?product=${product}`)
    expect(json['items']).toMatchObject([{ available: 1, spoilt: 2 }])
  })

  it('happens once of twenty requests at once, and for ever once for its key', async () => {
    const { customer, order } = await sold()
    const [unit] = await unitsOf(order)
    const [key, body] = [keyed(), { units: [unit], reason: 'once' }]
    const answers = await Promise.all(Array.from({ length: 20 }, () => refund(order, body, key)))
    expect(answers.every(({ status }) => [200, 409].includes(status))).toBe(true)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    expect(await balance(customer)).toBe('2')
    await shop.database.query('delete from api_reply')
    expect((await refund(order, body, key)).json).toMatchObject({ repeated: true })
    expect(await balance(customer)).toBe('2')
  })

  it('is not made by somebody who has seen an older order', async () => {
    const { customer, order } = await sold()
    const seen = (await shop.admin('GET', `/api/orders/${order}`)).headers.get('etag') ?? ''
    const [unit] = await unitsOf(order)
    await refund(order, { units: [unit], reason: 'one of them' })
    const stale = await refund(order, { reason: 'all of them' }, { ...keyed(), 'if-match': seen })
    expect(statusOf(stale)).toEqual({ status: 412, code: 'stale' })
    expect(await balance(customer)).toBe('2')
  })

  it('is not made by somebody who has seen the order before a refund that is under way', async () => {
    const { customer, order } = await sold(2)
    const [one, other] = await unitsOf(order)
    const seen = { 'if-match': (await shop.admin('GET', `/api/orders/${order}`)).headers.get('etag') ?? '' }
    const input = { order, units: [one ?? 0], key: 'under-way', restock: false, reason: 'x' }
    const late = await answerBehind(
      shop,
      (tx) => refundOrder(tx, ownerActor, input),
      () => refund(order, { units: [other], reason: 'x' }, { ...keyed(), ...seen }),
    )
    expect(statusOf(late)).toEqual({ status: 412, code: 'stale' })
    expect(await balance(customer)).toBe('2')
  })

  it.each([
    ['no key', { reason: 'x' }, {}, 400],
    ['no reason', {}, undefined, 400],
    ['no units', { units: [], reason: 'x' }, undefined, 400],
    ['units of nobody', { units: [999_999_999], reason: 'x' }, undefined, 409],
    ['a text for a unit', { units: ['1'], reason: 'x' }, undefined, 400],
  ])('is not made with %s', async (_what, body, headers, status) => {
    const { customer, order } = await sold(1)
    const answer = await refund(order, body, headers)
    expect(answer.status, answer.text).toBe(status)
    expect(await balance(customer)).toBe('0')
  })

  it('of an order that is not there is 404, and of what names none 400', async () => {
    expect((await refund(999_999_999, { reason: 'x' })).status).toBe(404)
    expect((await shop.admin('GET', '/api/orders/0')).status).toBe(400)
    expect((await shop.admin('GET', '/api/orders/1e3')).status).toBe(400)
    expect((await shop.admin('GET', '/api/orders/99999999999999999999')).status).toBe(400)
  })
})

describe('the list of orders', () => {
  it('has every order once, newest first, by what is asked for', async () => {
    const [customer, product] = [await shop.addCustomer('master', 100), await shop.addProduct(5)]
    const placed: number[] = []
    for (let n = 0; n < 5; n += 1) placed.unshift(await shop.buy(customer, product))
    const ids = async (query: string) =>
      (await allOf<{ id: number }>(shop.admin, `/api/orders?limit=2${query}`)).map(({ id }) => id)
    expect(await ids(`&customer=${customer}`)).toEqual(placed)
    expect(await ids(`&product=${product}&status=paid`)).toEqual(placed)
    expect(await ids(`&product=${product}&status=refunded`)).toEqual([])
    expect(await ids(`&tenant=t1&product=${product}`)).toEqual([])
    const [newest] = (await shop.admin('GET', `/api/orders?customer=${customer}`)).json['items'] as unknown[]
    expect(newest).toMatchObject({ customer_name: 'Some One', delivered_at: null })
  })

  it.each([
    ['?limit=0', 400],
    ['?cursor=abc', 400],
    ['?status=lost', 400],
    ['?customer=%00', 400],
    ['?customer=nobody', 404],
    ['?product=nothing', 404],
    ['?tenant=nowhere', 404],
  ])('answers %s with %i', async (query, status) => {
    expect((await shop.admin('GET', `/api/orders${query}`)).status).toBe(status)
  })
})

describe('an agent’s token', () => {
  it('sees the orders of its own tenant, and those of others as ones that are not there', async () => {
    const product = await shop.addProduct(3)
    const people = [
      await shop.addCustomer(own, 10),
      await shop.addCustomer(foreign, 10),
      await shop.addCustomer('master', 10),
    ]
    const [mine, theirs, house] = [
      await shop.buy(people[0] ?? '', product),
      await shop.buy(people[1] ?? '', product),
      await shop.buy(people[2] ?? '', product),
    ]
    const { agent } = shop.by
    const listed = await allOf<{ id: number; tenant: string }>(agent, '/api/orders?limit=1')
    expect(new Set(listed.map(({ tenant }) => tenant))).toEqual(new Set([own]))
    expect((await allOf<{ id: number }>(agent, `/api/orders?product=${product}`)).map(({ id }) => id)).toEqual([mine])
    for (const query of [
      'tenant=t2',
      'tenant=master',
      'tenant=nowhere',
      `customer=${people[1]}`,
      `customer=${people[2]}`,
    ]) {
      expect(statusOf(await agent('GET', `/api/orders?${query}`))).toEqual({ status: 404, code: 'not_found' })
    }
    expect((await agent('GET', `/api/orders/${mine}`)).json).toMatchObject({ id: mine, tenant: own })
    const nowhere = await agent('GET', '/api/orders/999999999')
    for (const id of [theirs, house]) {
      const answer = await agent('GET', `/api/orders/${id}`)
      expect(statusOf(answer)).toEqual({ status: 404, code: 'not_found' })
      expect(String(answer.json['detail']).replace(String(id), '999999999')).toBe(nowhere.json['detail'])
    }
  })

  it('neither places nor refunds', async () => {
    const [customer, product] = [await shop.addCustomer(own, 10), await shop.addProduct(2)]
    const order = await shop.buy(customer, product)
    const { agent, operator } = shop.by
    expect((await agent('POST', '/api/orders', { customer, product }, keyed())).status).toBe(403)
    expect((await agent('POST', `/api/orders/${order}/refund`, { reason: 'x' }, keyed())).status).toBe(403)
    expect((await operator('POST', `/api/orders/${order}/refund`, { reason: 'x' }, keyed())).status).toBe(403)
    expect((await operator('POST', '/api/orders', { customer, product }, keyed())).status).toBe(201)
  })
})
