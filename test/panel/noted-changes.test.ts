/** Which changes are noted for whoever shows them live (migration 0018), and how few rows many changes at once are. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { keyed, openShopPanel, own, type ShopPanel } from './shop-fixture.ts'

let shop: ShopPanel
beforeAll(async () => {
  shop = await openShopPanel()
})
afterAll(() => shop.close())
beforeEach(() => shop.database.query('delete from change_event'))

async function noted(): Promise<string[]> {
  const { rows } = await shop.database.query<{ topic: string; subject: string }>(
    'select topic, subject from change_event order by id',
  )
  return rows.map(({ topic, subject }) => `${topic} ${subject}`)
}

/** Does something by the API and says what was noted of it. */
async function notedBy(method: string, path: string, body?: unknown): Promise<string[]> {
  await shop.database.query('delete from change_event')
  const { status, text } = await shop.admin(method, path, body, keyed())
  if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${text}`)
  return noted()
}

it('a product and a category are noted when what is shown of them changes', async () => {
  const product = { id: 'card', name: 'Card', base_price: '2' }
  expect(await notedBy('POST', '/api/products', product)).toEqual(['catalogue card'])
  expect(await notedBy('PATCH', '/api/products/card', { name: 'Cards' })).toEqual(['catalogue card'])
  expect(await notedBy('PUT', '/api/products/card/translations/fa', { name: 'کارت' })).toEqual(['catalogue card'])
  expect(await notedBy('POST', '/api/categories', { name: 'Codes' })).toEqual(['catalogue category 1'])
  await shop.database.query('delete from change_event')
  await shop.database.query(`update product set low_stock_noticed_at = now() where id = 'card'`)
  expect(await noted()).toEqual([])
})

it('100,000 units that come, are spoilt or go are one note each time', async () => {
  const id = await shop.addProduct()
  const lines = (from: number) => Array.from({ length: 1000 }, (_none, n) => `code-${from + n}`).join('\n')
  expect(await notedBy('POST', `/api/products/${id}/stock`, { goods: lines(0) })).toEqual([`catalogue ${id}`])
  await shop.database.query(
    `insert into stock_unit (product_id, kind, key_id, sealed, fingerprint)
     select $1, 'line', 'k', 'x', sha256(n::text::bytea) from generate_series(1, 99000) as n`,
    [id],
  )
  const spoil = `update stock_unit set state = 'spoilt' where product_id = $1 and id % 2 = 0`
  const remove = `delete from stock_unit where product_id = $1 and state = 'available'`
  for (const statement of [spoil, remove]) {
    await shop.database.query('delete from change_event')
    await shop.database.transaction(async (tx) => {
      await tx.query(statement, [id])
      await tx.query(statement, [id])
    })
    expect(await noted()).toEqual([`catalogue ${id}`])
  }
})

it('many new customers are one note for each shop, and what every message changes is none', async () => {
  await shop.database.query(
    `insert into customer (id, tenant_id, platform, platform_user_id)
     select 'many-' || n, case n % 2 when 0 then 'master' else $1 end, 'telegram', 'many-' || n
     from generate_series(10000, 19999) as n`,
    [own],
  )
  expect((await noted()).toSorted()).toEqual(['customer many-19998', 'customer many-19999'])
  await shop.database.query('delete from change_event')
  await shop.database.query(`update customer set last_seen_at = now()`)
  expect(await noted()).toEqual([])
})

it('a customer is noted when blocked, unblocked, or given money', async () => {
  const id = await shop.addCustomer(own)
  const path = `/api/customers/${id}`
  expect(await notedBy('POST', `${path}/block`, { reason: 'a test' })).toEqual([`customer ${id}`])
  expect(await notedBy('POST', `${path}/unblock`)).toEqual([`customer ${id}`])
  const gift = { amount: '2', currency: 'USDT', reason: 'a test' }
  expect(await notedBy('POST', `${path}/adjust`, gift)).toEqual([`customer ${id}`])
})

it('a broadcast is noted at each of its steps', async () => {
  expect(await notedBy('POST', '/api/broadcasts', { tenant: own, html: 'News' })).toEqual(['broadcast 1'])
  expect(await notedBy('POST', '/api/broadcasts/1/start')).toContain('broadcast 1')
  expect(await notedBy('POST', '/api/broadcasts/1/pause')).toEqual(['broadcast 1'])
  expect(await notedBy('POST', '/api/broadcasts/1/cancel')).toEqual(['broadcast 1'])
})

it('a shop is noted when its agent, its words or its owners change', async () => {
  const words = await notedBy('PUT', '/api/shops/t1/texts/welcome/en', { text: 'Hello' })
  expect(new Set(words)).toEqual(new Set([`shop ${own}`]))
  const owner = { platform: 'telegram', platform_user_id: '4711' }
  expect(await notedBy('POST', '/api/agents/t1/owners', owner)).toEqual([`shop ${own}`])
})

it('messages that come to nothing, are tried again or given up are one note, and what is sent is none', async () => {
  const noteOf = async (statement: string) => {
    await shop.database.query('delete from change_event')
    await shop.database.query(statement)
    return noted()
  }
  await shop.database.query('delete from outbox_message')
  const queue = `insert into outbox_message (tenant_id, platform, chat_id, kind, reference)
    select 'master', 'telegram', '4711', 'test', n::text from generate_series(1, 3) as n`
  const put = (state: string) => `update outbox_message set state = '${state}'`
  for (const statement of [queue, put('claimed'), put('sent'), put('queued')])
    expect(await noteOf(statement)).toEqual([])
  for (const state of ['dead', 'queued', 'dropped']) expect(await noteOf(put(state)), state).toHaveLength(1)
})
