import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unblockCustomer } from '../../services/customers/unblock-customer.ts'
import { ownerActor } from '../support/rig.ts'
import { allOf, answerBehind, foreign, keyed, openShopPanel, own, type ShopPanel, statusOf } from './shop-fixture.ts'

let shop: ShopPanel
beforeAll(async () => {
  shop = await openShopPanel()
})
afterAll(() => shop.close())

const adjust = (customer: string, body: unknown, headers: Record<string, string> = keyed()) =>
  shop.admin('POST', `/api/customers/${customer}/adjust`, body, headers)

async function balance(customer: string): Promise<string> {
  const { json } = await shop.admin('GET', `/api/customers/${customer}`)
  return (json['balances'] as { amount: string }[])[0]?.amount ?? '0'
}

describe('a customer', () => {
  it('is shown with balances, chats and latest orders', async () => {
    const customer = await shop.addCustomer('master', 10)
    const order = await shop.buy(customer, await shop.addProduct(1))
    expect((await shop.admin('GET', `/api/customers/${customer}`)).json).toMatchObject({
      id: customer,
      tenant: 'master',
      orders: 1,
      balances: [{ currency: 'USDT', amount: '8' }],
      chats: [],
      latest_orders: [{ id: order, total: '2', status: 'paid' }],
    })
  })

  it('is blocked with a reason, and unblocked', async () => {
    const customer = await shop.addCustomer('master', 10)
    const product = await shop.addProduct(1)
    const path = `/api/customers/${customer}`
    expect((await shop.admin('POST', `${path}/block`, { reason: ' fraud ' })).json).toMatchObject({
      blocked_reason: 'fraud',
    })
    const refused = await shop.admin('POST', '/api/orders', { customer, product }, keyed())
    expect(refused.json).toMatchObject({ status: 409, refusal: 'customer_blocked' })
    expect((await shop.admin('GET', '/api/customers?blocked=true')).json['items']).toMatchObject([{ id: customer }])
    expect((await shop.admin('POST', `${path}/unblock`)).json).toMatchObject({ blocked_at: null })
    for (const body of [{}, { reason: ' ' }, { reason: 'x'.repeat(501) }, { reason: 'a\u0000' }]) {
      expect((await shop.admin('POST', `${path}/block`, body)).status).toBe(400)
    }
  })

  it('is not blocked by somebody who has seen an older state of it', async () => {
    const customer = await shop.addCustomer()
    const path = `/api/customers/${customer}`
    const seen = (await shop.admin('GET', path)).headers.get('etag') ?? ''
    await shop.admin('POST', `${path}/block`, { reason: 'first' })
    const stale = await shop.admin('POST', `${path}/block`, { reason: 'second' }, { 'if-match': seen })
    expect(statusOf(stale)).toEqual({ status: 412, code: 'stale' })
    expect((await shop.admin('GET', path)).json).toMatchObject({ blocked_reason: 'first' })
    const fresh = { 'if-match': (await shop.admin('GET', path)).headers.get('etag') ?? '' }
    const late = await answerBehind(
      shop,
      (tx) => unblockCustomer(tx, ownerActor, { id: customer }),
      () => shop.admin('POST', `${path}/block`, { reason: 'third' }, fresh),
    )
    expect(statusOf(late)).toEqual({ status: 412, code: 'stale' })
  })

  it('is erased, with a balance only when that is said', async () => {
    const customer = await shop.addCustomer('master', 3)
    const path = `/api/customers/${customer}`
    const refused = await shop.admin('POST', `${path}/erase`)
    expect(refused.json).toMatchObject({ status: 409, balances: [{ amount: '3', currency: 'USDT' }] })
    const erased = await shop.admin('POST', `${path}/erase`, { with_balance: true })
    expect(erased.json).toMatchObject({ username: null, display_name: null, erased_at: expect.any(String) })
    expect(statusOf(await shop.admin('POST', `${path}/block`, { reason: 'late' }))).toMatchObject({ status: 409 })
  })

  it('that is not there is 404 by every route', async () => {
    for (const [method, path, body] of [
      ['GET', '/api/customers/nobody'],
      ['GET', '/api/customers/nobody/history'],
      ['POST', '/api/customers/nobody/block', { reason: 'x' }],
      ['POST', '/api/customers/nobody/unblock'],
      ['POST', '/api/customers/nobody/erase'],
    ] as const) {
      expect(statusOf(await shop.admin(method, path, body))).toEqual({ status: 404, code: 'not_found' })
    }
    expect((await adjust('nobody', { amount: '1', reason: 'x' })).status).toBe(404)
  })
})

describe('a correction of a balance', () => {
  it('goes up and down, is told to the customer, and never goes below zero', async () => {
    const customer = await shop.addCustomer()
    expect((await adjust(customer, { amount: '5', reason: 'goodwill' })).json).toEqual({
      customer,
      currency: 'USDT',
      amount: '5',
      balance: '5',
      reason: 'goodwill',
      repeated: false,
    })
    expect((await adjust(customer, { amount: '-2.5', reason: 'mistake' })).json).toMatchObject({ balance: '2.5' })
    const below = await adjust(customer, { amount: '-2.500001', reason: 'mistake' })
    expect(below.json).toMatchObject({
      status: 409,
      code: 'conflict',
      refusal: 'below_zero',
      detail: expect.any(String),
    })
    expect(await balance(customer)).toBe('2.5')
    const { rows } = await shop.database.query(`select kind from outbox_message where customer_id = $1`, [customer])
    expect(rows).toEqual([{ kind: 'balance_adjusted' }, { kind: 'balance_adjusted' }])
  })

  it('beyond what can be counted is refused', async () => {
    const customer = await shop.addCustomer()
    const all = { amount: '9223372036854775807', currency: 'IRR', reason: 'x' }
    expect((await adjust(customer, all)).status).toBe(200)
    expect(statusOf(await adjust(customer, { ...all, amount: '1' }))).toEqual({ status: 409, code: 'conflict' })
  })

  it('needs an Idempotency-Key', async () => {
    const customer = await shop.addCustomer()
    expect(statusOf(await adjust(customer, { amount: '5', reason: 'x' }, {}))).toEqual({ status: 400, code: 'usage' })
    expect(await balance(customer)).toBe('0')
  })

  it.each([
    [{ amount: 5, reason: 'x' }],
    [{ amount: '0', reason: 'x' }],
    [{ amount: '-0', reason: 'x' }],
    [{ amount: '--5', reason: 'x' }],
    [{ amount: '+5', reason: 'x' }],
    [{ amount: '5', reason: '' }],
    [{ amount: '5' }],
    [{ amount: '0.0000001', reason: 'x' }],
    [{ amount: '1.5', currency: 'IRR', reason: 'x' }],
    [{ amount: '99999999999999999999', reason: 'x' }],
    [{ amount: '5', reason: 'x', key: 'mine' }],
  ])('of %j is refused', async (body) => {
    const customer = await shop.addCustomer()
    expect(statusOf(await adjust(customer, body))).toEqual({ status: 400, code: 'usage' })
    expect(await balance(customer)).toBe('0')
  })

  it('happens once of twenty requests at once', async () => {
    const customer = await shop.addCustomer()
    const key = keyed()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => adjust(customer, { amount: '5', reason: 'once' }, key)),
    )
    expect(answers.every(({ status }) => [200, 409].includes(status))).toBe(true)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    expect(await balance(customer)).toBe('5')
    const again = await adjust(customer, { amount: '5', reason: 'once' }, key)
    expect({ status: again.status, replayed: again.headers.get('idempotent-replayed') }).toEqual({
      status: 200,
      replayed: 'true',
    })
    expect(statusOf(await adjust(customer, { amount: '6', reason: 'once' }, key))).toEqual({
      status: 422,
      code: 'key_reused',
    })
  })

  it('happens once for a key also when the kept replies are gone', async () => {
    const customer = await shop.addCustomer()
    const key = keyed()
    await adjust(customer, { amount: '5', reason: 'once' }, key)
    await shop.database.query('delete from api_reply')
    expect((await adjust(customer, { amount: '5', reason: 'once' }, key)).json).toMatchObject({ repeated: true })
    expect(await balance(customer)).toBe('5')
  })

  it('of another person with the same key is another correction', async () => {
    const customer = await shop.addCustomer()
    const key = keyed()
    await adjust(customer, { amount: '5', reason: 'x' }, key)
    await shop.database.query(`update app_user set role = 'admin' where username = 'the-operator'`)
    const other = await shop.by.operator('POST', `/api/customers/${customer}/adjust`, { amount: '5', reason: 'x' }, key)
    await shop.database.query(`update app_user set role = 'operator' where username = 'the-operator'`)
    expect({ status: other.status, replayed: other.headers.get('idempotent-replayed') }).toEqual({
      status: 200,
      replayed: null,
    })
    expect(await balance(customer)).toBe('10')
  })
})

describe('the lists', () => {
  it('have every customer once, also while some of them write and new ones come', async () => {
    for (let n = 0; n < 7; n += 1) await shop.addCustomer(foreign)
    await shop.database.query(
      `update customer set last_seen_at = now() - interval '1 day' where tenant_id = $1 and ascii(id) % 2 = 0`,
      [foreign],
    )
    const whole = (await shop.admin('GET', `/api/customers?tenant=${foreign}`)).json['items'] as { id: string }[]
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { json } = await shop.admin('GET', `/api/customers?tenant=t2&limit=2${cursor}`)
      const page = json as { items: { id: string }[]; next_cursor: string | null }
      seen.push(...page.items.map(({ id }) => id))
      // Whoever was shown last writes again, and somebody new comes: both go to the top.
      await shop.database.query('update customer set last_seen_at = now() where id = $1', [seen.at(-1)])
      await shop.addCustomer(foreign)
      cursor = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`
    }
    expect(seen).toEqual(whole.map(({ id }) => id))
  })

  it('of a customer’s money has every movement once', async () => {
    const customer = await shop.addCustomer()
    for (const amount of ['5', '-1', '2']) await adjust(customer, { amount, reason: `by ${amount}` })
    const order = await shop.buy(customer, await shop.addProduct(1))
    const path = `/api/customers/${customer}/history`
    const history = await allOf<{ amount: string; kind: string }>(shop.admin, `${path}?limit=1`)
    expect(history.map(({ amount }) => amount)).toEqual(['-2', '2', '-1', '5'])
    expect(history[0]).toMatchObject({ kind: 'sale', order, currency: 'USDT' })
  })

  it.each([
    '?limit=501',
    '?cursor=abc',
    '?cursor=5',
    '?cursor=99999999999999999.x',
    '?blocked=1',
    '?tenant=A%20B',
    '?q=%00',
    '?q=a&q=b',
  ])('refuses %s', async (query) => {
    expect((await shop.admin('GET', `/api/customers${query}`)).status).toBe(400)
  })

  it('says of an unknown tenant that it is none', async () => {
    expect((await shop.admin('GET', '/api/customers?tenant=nowhere')).status).toBe(404)
    expect(
      (await shop.admin('GET', `/api/customers?q=${encodeURIComponent("'; drop table customer; --")}`)).json,
    ).toEqual({
      items: [],
      next_cursor: null,
    })
  })
})

describe('an agent’s token', () => {
  it('sees the customers of its own tenant, and those of others as ones that are not there', async () => {
    const [mine, theirs, house] = [
      await shop.addCustomer(own),
      await shop.addCustomer(foreign),
      await shop.addCustomer(),
    ]
    const { agent } = shop.by
    const listed = await allOf<{ tenant: string }>(agent, '/api/customers?limit=1&erased=true')
    expect(new Set(listed.map(({ tenant }) => tenant))).toEqual(new Set([own]))
    expect((await agent('GET', '/api/customers?tenant=t1')).status).toBe(200)
    for (const tenant of ['t2', 'master', 'nowhere']) {
      expect((await agent('GET', `/api/customers?tenant=${tenant}`)).status).toBe(404)
    }
    for (const what of ['', '/history']) {
      expect((await agent('GET', `/api/customers/${mine}${what}`)).status).toBe(200)
      const nowhere = await agent('GET', `/api/customers/nobody${what}`)
      for (const id of [theirs, house]) {
        const answer = await agent('GET', `/api/customers/${id}${what}`)
        expect(statusOf(answer)).toEqual({ status: 404, code: 'not_found' })
        expect(String(answer.json['detail']).replace(id, 'nobody')).toBe(nowhere.json['detail'])
      }
    }
    const [seen] = await allOf<{ last_seen_at: string }>(shop.admin, `/api/customers?tenant=t2`)
    const cursor = `${Date.parse(seen?.last_seen_at ?? '') + 1}.${theirs}`
    const behind = (await agent('GET', `/api/customers?cursor=${cursor}`)).json['items'] as { tenant: string }[]
    expect(behind.every(({ tenant }) => tenant === own)).toBe(true)
  })

  it('changes nobody, not even its own customers', async () => {
    const mine = await shop.addCustomer(own)
    for (const [verb, body] of [
      ['block', { reason: 'x' }],
      ['unblock', {}],
      ['erase', {}],
      ['adjust', { amount: '5', reason: 'x' }],
    ] as const) {
      const answer = await shop.by.agent('POST', `/api/customers/${mine}/${verb}`, body, keyed())
      expect(statusOf(answer)).toEqual({ status: 403, code: 'not_allowed' })
    }
    const byOperator = await shop.by.operator(
      'POST',
      `/api/customers/${mine}/adjust`,
      { amount: '5', reason: 'x' },
      keyed(),
    )
    expect(byOperator.status).toBe(403)
    expect(await balance(mine)).toBe('0')
  })
})
