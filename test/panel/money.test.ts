import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseSignedAmount } from '../../domain/money.ts'
import { addCustomer, address, addTenant, asked, earn, earnings, txid, usdt } from '../services/money/money-fixture.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
const own = 'agent:t1'
const tokens: Record<string, Record<string, string>> = {}

beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  for (const [name, role] of [
    ['ann', 'owner'],
    ['ben', 'admin'],
    ['cid', 'admin'],
    ['ada', 'agent'],
  ] as const) {
    await addPerson(test.database, name, role)
    tokens[name] = bearer(await tokenOf(panel, name))
  }
  await addTenant(test.database, 'agent:other')
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
beforeEach(() => test.database.query('delete from login_attempt'))

const as =
  (person: string) =>
  (method: string, path: string, body?: unknown, key: string | null = randomUUID()) =>
    ask(panel, path, {
      method,
      headers: { ...tokens[person], ...(method === 'POST' && key !== null ? { 'idempotency-key': key } : {}) },
      ...(body === undefined ? {} : { body }),
    })
const [ann, ben, cid, ada] = [as('ann'), as('ben'), as('cid'), as('ada')]

async function walk(send: typeof ben, path: string): Promise<unknown[]> {
  const seen: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { json }: { json: Record<string, unknown> } = await send(
      'GET',
      `${path}limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    seen.push(...(json['items'] as { id: unknown }[]).map(({ id }) => id))
    cursor = json['next_cursor'] as string | null
  }
  return seen
}

describe('a top-up', () => {
  const request = (customer: string, amount = '25', key: string | null = randomUUID()) =>
    ben('POST', '/api/top-ups', { customer, amount }, key)

  it('is requested, shown, confirmed with what came, and credited once', async () => {
    const customer = await addCustomer(test.database, own)
    const { status, json } = await request(customer)
    expect(status).toBe(201)
    expect(json).toMatchObject({ customer, tenant: own, amount: '25', currency: 'USDT', status: 'requested' })
    const path = `/api/top-ups/${String(json['id'])}`
    const confirmed = await ben('POST', `${path}/confirm`, { reference: 'paid-1', amount: '24.5' })
    expect(confirmed.json).toMatchObject({ status: 'confirmed', credited: '24.5', external_id: 'paid-1' })
    expect((await ben('POST', `${path}/confirm`, { reference: 'paid-1', amount: '24.5' })).status).toBe(200)
    expect((await ben('GET', path)).json).toEqual(confirmed.json)
    const { rows } = await test.database.query(
      `select balance::text from account where kind = 'customer' and customer_id = $1`,
      [customer],
    )
    expect(rows).toEqual([{ balance: '24500000' }])
    const second = await request(customer, '30')
    const used = await ben('POST', `/api/top-ups/${String(second.json['id'])}/confirm`, { reference: 'paid-1' })
    expect([used.status, used.json['code'], used.json['refusal']]).toEqual([409, 'conflict', 'payment_used'])
  })

  it('is rejected with a reason, and then not confirmed by a second rejection', async () => {
    const { json } = await request(await addCustomer(test.database, own))
    const path = `/api/top-ups/${String(json['id'])}`
    expect((await ben('POST', `${path}/reject`, { reason: '  ' })).status).toBe(400)
    expect((await ben('POST', `${path}/reject`, { reason: 'no payment' })).json).toMatchObject({
      status: 'rejected',
      reason: 'no payment',
      ended_by: 'user:ben',
    })
  })

  it('is refused with the code and the sentence of the command line', async () => {
    const customer = await addCustomer(test.database, own)
    const low = await request(customer, '0')
    expect([low.status, low.json['refusal']]).toEqual([400, 'below_minimum'])
    expect(low.json['detail']).toMatch(/below the minimum of \d+ USDT/)
    expect((await request(customer, '1.0000001')).json).toMatchObject({ status: 400, trouble: 'too_fine' })
    expect((await request('nobody')).status).toBe(404)
    expect((await ben('GET', '/api/top-ups/999999')).status).toBe(404)
    expect((await ben('POST', '/api/top-ups/999999/confirm', { reference: 'x' })).json).toMatchObject({
      status: 404,
      refusal: 'not_found',
    })
  })

  it('needs an Idempotency-Key, and the same key asks once', async () => {
    const customer = await addCustomer(test.database, own)
    const bare = await request(customer, '25', null)
    expect([bare.status, bare.json['code']]).toEqual([400, 'usage'])
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 5 }, () => request(customer, '25', key)))
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const { rows } = await test.database.query('select 1 from top_up where customer_id = $1', [customer])
    expect(rows).toHaveLength(1)
  })

  it('is in the list of its tenant, page after page', async () => {
    const customer = await addCustomer(test.database, own)
    const ids = []
    for (const amount of ['2', '3', '4', '5', '6']) ids.push((await request(customer, amount)).json['id'])
    expect(await walk(ben, `/api/top-ups?customer=${customer}&`)).toEqual(ids.toReversed())
    expect(await walk(ada, `/api/top-ups?customer=${customer}&status=requested&`)).toEqual(ids.toReversed())
    const foreign = await request(await addCustomer(test.database, 'agent:other'), '7')
    expect(await walk(ada, '/api/top-ups?')).not.toContain(foreign.json['id'])
    expect((await ada('GET', `/api/top-ups/${String(foreign.json['id'])}`)).status).toBe(404)
    expect((await ada('GET', '/api/top-ups?tenant=other')).status).toBe(404)
    expect((await ben('GET', '/api/top-ups?tenant=nobody')).status).toBe(404)
  })
})

describe('a withdrawal', () => {
  const request = (amount: string, key: string | null = randomUUID()) =>
    ada('POST', '/api/withdrawals', { amount, address }, key)

  it('goes from its agent to its payment, and the earnings follow', async () => {
    await earn(test.database, usdt(100), own)
    const quote = await ada('GET', '/api/withdrawals/quote?amount=50')
    expect(quote.json).toMatchObject({ amount: '50', fee: '1', net: '49', approvals_needed: 1 })
    const { status, json } = await request('50')
    expect(status).toBe(201)
    expect(json).toMatchObject({ tenant: own, amount: '50', net: '49', status: 'requested', approvals: [] })
    const path = `/api/withdrawals/${String(json['id'])}`
    const held = await ada('GET', '/api/agents/t1/earnings')
    expect(held.json).toMatchObject({ tenant: own, items: [{ currency: 'USDT', held: '50', available: '50' }] })
    expect((await ben('POST', `${path}/pay`, { txid: txid('early') })).json).toMatchObject({
      status: 409,
      refusal: 'wrong_state',
      detail: expect.stringContaining('is requested'),
    })
    expect((await ben('POST', `${path}/approve`)).json).toMatchObject({ status: 'approved' })
    expect((await ben('POST', `${path}/pay`, { txid: 'short' })).json).toMatchObject({
      status: 400,
      refusal: 'wrong_txid',
    })
    expect((await ben('POST', `${path}/pay`, { txid: txid('one') })).json).toMatchObject({
      status: 'paid',
      txid: txid('one'),
      paid_by: 'user:ben',
    })
    expect(await earnings(test.database, own)).toMatchObject({ held: '0', available: '50', paidOut: '49' })
    const stats = { currency: 'USDT', paid_out: '49', fees: '1', states: { paid: { count: 1, amount: '50' } } }
    for (const place of ['/api/withdrawals/stats?tenant=t1', '/api/admin/withdrawals/stats']) {
      expect((await ben('GET', place)).json['items']).toMatchObject([stats])
    }
    expect((await ada('GET', '/api/withdrawals/stats')).json['items']).toMatchObject([stats])
  })

  it('is approved by two people above the limit, neither of whom asked for it', async () => {
    await earn(test.database, usdt(2000), own)
    const { json } = await ben('POST', '/api/withdrawals', { tenant: 't1', amount: '600', address })
    expect(json).toMatchObject({ approvals_needed: 2 })
    const path = `/api/withdrawals/${String(json['id'])}/approve`
    expect((await ben('POST', path)).json).toMatchObject({ status: 403, refusal: 'own_request' })
    expect((await ada('POST', path)).status).toBe(403)
    expect((await cid('POST', path)).json).toMatchObject({ status: 'requested', approvals: [{ by: 'user:cid' }] })
    expect((await cid('POST', path)).json).toMatchObject({ status: 'requested' })
    expect((await ann('POST', path)).json).toMatchObject({ status: 'approved' })
  })

  it('is rejected by an owner with force once it is approved, and only so', async () => {
    const id = await asked(test.database, usdt(20), { tenant: own })
    await ben('POST', `/api/withdrawals/${id}/approve`)
    const path = `/api/withdrawals/${id}/reject`
    expect((await ben('POST', path, { reason: 'late' })).json).toMatchObject({ status: 409, refusal: 'needs_force' })
    expect((await ben('POST', path, { reason: 'late', force: true })).status).toBe(403)
    expect((await ann('POST', path, { reason: 'late', force: true })).json).toMatchObject({
      status: 'rejected',
      reason: 'late',
    })
  })

  it('is cancelled by its agent and by no other', async () => {
    await earn(test.database, usdt(100), 'agent:other')
    const foreign = await asked(test.database, usdt(20), { tenant: 'agent:other' })
    const mine = await asked(test.database, usdt(20), { tenant: own })
    const cancelled = await ada('POST', `/api/withdrawals/${foreign}/cancel`)
    expect([cancelled.status, cancelled.json['refusal']]).toEqual([404, 'not_found'])
    expect((await ada('GET', `/api/withdrawals/${foreign}`)).status).toBe(404)
    expect((await ada('POST', `/api/withdrawals/${mine}/cancel`)).json).toMatchObject({ status: 'cancelled' })
  })

  it.each([
    [{ amount: '5', address }, 400, 'below_minimum'],
    [{ amount: '20', address: 'T-nonsense' }, 400, 'wrong_address'],
    [{ amount: '900000', address }, 409, 'above_available'],
  ])('is refused for %o', async (body, status, refusal) => {
    expect((await ada('POST', '/api/withdrawals', body)).json).toMatchObject({ status, refusal })
  })

  it('is asked for once by one key, also when the kept reply is gone', async () => {
    await earn(test.database, usdt(100), own)
    const key = randomUUID()
    const first = await request('30', key)
    await test.database.query('delete from api_reply')
    expect((await request('30', key)).json['id']).toBe(first.json['id'])
    expect((await request('31', randomUUID())).json['id']).not.toBe(first.json['id'])
    expect((await request('30', null)).status).toBe(400)
  })

  it('is not asked for by staff without saying whose, nor for a tenant that is none, nor by an agent for another', async () => {
    const send = (person: typeof ben, tenant?: string) =>
      person('POST', '/api/withdrawals', { amount: '20', address, ...(tenant === undefined ? {} : { tenant }) })
    expect((await send(ben)).json).toMatchObject({ status: 400, detail: expect.stringContaining('tenant') })
    expect((await send(ben, 'nobody')).status).toBe(404)
    expect((await send(ben, 'master')).status).toBe(404)
    expect((await send(ada, 'other')).status).toBe(403)
    expect((await send(ada, 'nobody')).status).toBe(403)
    expect((await ada('GET', '/api/agents/other/earnings')).status).toBe(404)
    expect((await ada('GET', '/api/agents/nobody/earnings')).status).toBe(404)
    expect((await ben('GET', '/api/agents/nobody/earnings')).status).toBe(404)
  })

  it('is in the list, page after page, by the old name of its state too', async () => {
    const ids = []
    for (let n = 0; n < 5; n += 1) ids.push(await asked(test.database, usdt(10), { tenant: own }))
    const all = await walk(ben, '/api/withdrawals?')
    expect(all.slice(0, 5)).toEqual(ids.toReversed())
    expect((await walk(ada, '/api/withdrawals?status=pending&')).slice(0, 5)).toEqual(ids.toReversed())
    expect((await ada('GET', '/api/withdrawals?status=nonsense')).status).toBe(400)
  })
})

describe('money beyond all bounds', () => {
  it('is no price: a thousand units at any markup can still be counted', async () => {
    const price = (base_price: string) => ({ name: 'Gold', currency: 'USDT', base_price })
    const made = await ben('POST', '/api/products', price('1000000'))
    expect(made.status).toBe(201)
    expect((await ben('POST', '/api/products', price('1000000.000001'))).json).toMatchObject({ status: 400 })
    const edited = await ben('PATCH', `/api/products/${String(made.json['id'])}`, { base_price: '1000000.000001' })
    expect([edited.status, edited.json['detail']]).toEqual([400, 'a price is above 0 and at most 1000000 USDT'])
  })

  it('is refused where a balance would be more than can be counted', async () => {
    const path = `/api/customers/${await addCustomer(test.database, own)}/adjust`
    const body = { amount: '9000000000000', reason: 'a slip of the keyboard' }
    expect((await ben('POST', path, body)).status).toBe(200)
    expect((await ben('POST', path, body)).json).toMatchObject({
      status: 409,
      detail: 'that would come to more money than can be counted',
    })
  })
})

describe('the ledger', () => {
  it('shows balances that add up to 0, entries page after page, and finds nothing wrong', async () => {
    await earn(test.database, usdt(3), own)
    const { items } = (await ben('GET', '/api/ledger/balances')).json as { items: { balance: string }[] }
    expect(items.reduce((sum, { balance }) => sum + parseSignedAmount(balance, 'USDT'), 0n)).toBe(0n)
    const sales = (await ben('GET', '/api/ledger/entries?kind=sale&tenant=t1&limit=1')).json['items']
    expect(sales).toMatchObject([{ kind: 'sale', tenant: own, transfers: expect.anything() }])
    const all = await walk(ben, '/api/ledger/entries?tenant=t1&')
    expect(new Set(all).size).toBe(all.length)
    const check = await ben('GET', '/api/ledger/check')
    const findings = check.json['findings'] as { count: number }[]
    expect(findings.length).toBeGreaterThan(5)
    expect(findings.filter(({ count }) => count > 0)).toEqual([])
    expect((await ada('GET', '/api/ledger/entries')).status).toBe(403)
  })
})
