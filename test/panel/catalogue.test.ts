import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pictureBytesMax } from '../../domain/catalogue.ts'
import { catalogueOf } from '../../services/catalogue/catalogue-of.ts'
import { editProduct } from '../../services/catalogue/edit-product.ts'
import { ownerActor } from '../support/rig.ts'
import { ask } from './panel-fixture.ts'
import { allOf, answerBehind, keyed, openShopPanel, own, type ShopPanel, statusOf } from './shop-fixture.ts'

let shop: ShopPanel
beforeAll(async () => {
  shop = await openShopPanel()
})
afterAll(() => shop.close())

const png = (size = 100) =>
  Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(size, 7)])
const add = (body: unknown, headers = {}) => shop.admin('POST', '/api/products', body, headers)

async function category(name: string): Promise<number> {
  const { status, json, text } = await shop.admin('POST', '/api/categories', { name })
  expect(status, text).toBe(201)
  return json['id'] as number
}

describe('a product', () => {
  it('is added, edited, translated and archived', async () => {
    const codes = await category('Codes')
    const made = await add({ name: 'Gift Card', base_price: '12.5', category: codes, limit_per_customer: 3 })
    expect(made.json).toMatchObject({
      id: 'gift-card',
      base_price: '12.5',
      currency: 'USDT',
      category: { id: codes, name: 'Codes' },
      status: 'active',
      limit_per_customer: 3,
      visible_to_agents: true,
    })
    const path = '/api/products/gift-card'
    const edited = await shop.admin('PATCH', path, { base_price: '13', limit_per_customer: null, category: null })
    expect(edited.json).toMatchObject({ base_price: '13', limit_per_customer: null, category: null, name: 'Gift Card' })
    const named = await shop.admin('PUT', `${path}/translations/ru`, { name: 'Карта' })
    expect(named.json).toMatchObject({ translations: { ru: { name: 'Карта' } } })
    expect((await shop.admin('PUT', `${path}/translations/ru`, { name: null })).json).toMatchObject({
      translations: {},
    })
    expect((await shop.admin('POST', `${path}/archive`)).json).toMatchObject({ status: 'archived' })
    expect((await shop.admin('PATCH', path, { status: 'hidden' })).json).toMatchObject({ status: 'hidden' })
  })

  it('is added once for a key by twenty requests at once', async () => {
    const key = keyed()
    const answers = await Promise.all(Array.from({ length: 20 }, () => add({ name: 'Only One', base_price: '1' }, key)))
    expect(answers.every(({ status }) => [201, 409].includes(status))).toBe(true)
    const { rows } = await shop.database.query(`select id from product where name = 'Only One'`)
    expect(rows).toEqual([{ id: 'only-one' }])
  })

  it.each([
    ['a float for a price', { base_price: 12.5 }, 400],
    ['a negative price', { base_price: '-1' }, 400],
    ['no price at all', { base_price: '0' }, 400],
    ['more digits than the currency has', { base_price: '0.0000001' }, 400],
    ['a price beyond counting', { base_price: '9'.repeat(30) }, 400],
    ['a price that a markup carries beyond counting', { base_price: '1000000.000001' }, 400],
    ['an unknown currency', { currency: 'EUR' }, 400],
    ['an id with a capital', { id: 'Card' }, 400],
    ['a name of two lines', { name: 'a\nb' }, 400],
    ['a limit of none', { limit_per_customer: 0 }, 400],
    ['a category by its name', { category: 'Codes' }, 400],
    ['a category that is not there', { category: 999_999 }, 404],
    ['a field of its own', { created_by: 'me' }, 400],
  ])('is not added with %s', async (_what, more, status) => {
    const before = await shop.count('product')
    const answer = await add({ name: 'Bad', base_price: '1', ...more })
    expect(answer.status, answer.text).toBe(status)
    expect(await shop.count('product')).toBe(before)
  })

  it('at the highest price is still shown and sold with the highest markup', async () => {
    await shop.admin('PUT', '/api/shops/t1/pricing', { kind: 'percent', percent: '100000' })
    const { status } = await add({ id: 'gold', name: 'Gold', base_price: '1000000' })
    expect(status).toBe(201)
    const [shown] = await catalogueOf(shop.database, { tenant: own, language: 'en' })
    expect(shown?.products).toContainEqual(expect.objectContaining({ id: 'gold', unit_price: '1001000000' }))
    const body = { customer: await shop.addCustomer(own, 1), product: 'gold', quantity: 1000 }
    const refused = await shop.admin('POST', '/api/orders', body, keyed())
    expect(refused.json).toMatchObject({ status: 409, refusal: expect.any(String) })
    expect((await shop.admin('PATCH', '/api/products/gold', { base_price: '1000000.000001' })).status).toBe(400)
    await shop.admin('POST', '/api/products/gold/archive')
  })

  it('keeps what looks like HTML and SQL as the letters that they are', async () => {
    const name = `<script>alert(1)</script>'; drop table product; --`
    const made = await add({ id: 'sharp', name, base_price: '1', description: name })
    expect(made.json).toMatchObject({ name, description: name })
    expect(made.headers.get('content-type')).toContain('application/json')
  })

  it('is not changed by somebody who has seen an older one; what is sold meanwhile makes no older one', async () => {
    const id = await shop.addProduct()
    const path = `/api/products/${id}`
    const seen = (await shop.admin('GET', path)).headers.get('etag') ?? ''
    await shop.admin('POST', `${path}/stock`, { goods: 'one' })
    const fine = await shop.admin('PATCH', path, { base_price: '3' }, { 'if-match': seen })
    expect(fine.status, fine.text).toBe(200)
    const stale = await shop.admin('PATCH', path, { base_price: '4' }, { 'if-match': seen })
    expect(statusOf(stale)).toEqual({ status: 412, code: 'stale' })
    expect((await shop.admin('GET', path)).json).toMatchObject({ base_price: '3' })
  })

  it('is not changed by somebody who has seen it before a change that is under way', async () => {
    const id = await shop.addProduct()
    const path = `/api/products/${id}`
    const seen = { 'if-match': (await shop.admin('GET', path)).headers.get('etag') ?? '' }
    const late = await answerBehind(
      shop,
      (tx) => editProduct(tx, ownerActor, { id, basePrice: 5_000_000n }),
      () => shop.admin('PATCH', path, { base_price: '1' }, seen),
    )
    expect(statusOf(late)).toEqual({ status: 412, code: 'stale' })
    expect((await shop.admin('GET', path)).json).toMatchObject({ base_price: '5' })
  })

  it('that is not there is 404, and so is one with a name that no product can have 400', async () => {
    expect(statusOf(await shop.admin('GET', '/api/products/nothing'))).toEqual({ status: 404, code: 'not_found' })
    expect((await shop.admin('PATCH', '/api/products/nothing', { name: 'x' })).status).toBe(404)
    expect((await shop.admin('GET', '/api/products/%2e%2e')).status).toBe(400)
  })
})

describe('a picture', () => {
  const put = (id: string, bytes: Buffer) =>
    shop.admin('PUT', `/api/products/${id}/picture`, { picture: bytes.toString('base64') })

  it('is given, shown as it was given, and taken away', async () => {
    const id = await shop.addProduct()
    const given = await put(id, png())
    expect(given.json).toMatchObject({ picture: { type: 'image/png', bytes: 108 } })
    const shown = await shop.admin('GET', `/api/products/${id}/picture`)
    expect(shown.status).toBe(200)
    expect(shown.headers.get('content-type')).toBe('image/png')
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff')
    const again = await shop.admin('GET', `/api/products/${id}/picture`, undefined, {
      'if-none-match': shown.headers.get('etag') ?? '',
    })
    expect(again.status).toBe(304)
    expect((await shop.admin('DELETE', `/api/products/${id}/picture`)).json).toMatchObject({ picture: null })
    expect((await shop.admin('GET', `/api/products/${id}/picture`)).status).toBe(404)
  })

  it('may be as large as the shop takes, and not a byte larger', async () => {
    const id = await shop.addProduct()
    expect((await put(id, png(pictureBytesMax - 8))).json).toMatchObject({ picture: { bytes: pictureBytesMax } })
    expect((await put(id, png(pictureBytesMax - 7))).status).toBe(400)
    expect((await put(id, png(pictureBytesMax + 10_000))).status).toBe(413)
    expect((await shop.admin('GET', `/api/products/${id}`)).json).toMatchObject({ picture: { bytes: pictureBytesMax } })
  })

  it.each([
    ['no picture', Buffer.from('<svg onload="alert(1)"/>').toString('base64')],
    ['no base64', '***'],
    ['base64 without its padding', png(3).toString('base64url')],
    ['a number', 5],
  ])('that is %s is refused', async (_what, picture) => {
    const id = await shop.addProduct()
    const { status } = await shop.admin('PUT', `/api/products/${id}/picture`, { picture })
    expect(status).toBe(400)
  })
})

describe('categories', () => {
  it('are renamed, named in a language, put in order and archived when empty', async () => {
    const [first, second] = [await category('First'), await category('Second')]
    const patch = (body: unknown) => shop.admin('PATCH', `/api/categories/${first}`, body)
    expect((await patch({ name: 'Renamed' })).json).toMatchObject({ id: first, name: 'Renamed' })
    expect((await patch({ name: 'Имя', language: 'ru' })).json).toMatchObject({ names: { ru: 'Имя' } })
    expect((await patch({ name: null, language: 'ru' })).json).toMatchObject({ names: {}, name: 'Renamed' })
    expect((await patch({ name: null })).status).toBe(400)
    expect(statusOf(await patch({ name: 'second' }))).toEqual({ status: 409, code: 'conflict' })
    const ordered = await shop.admin('PUT', '/api/categories/order', { categories: [second, first] })
    expect((ordered.json['items'] as { id: number }[]).slice(0, 2).map(({ id }) => id)).toEqual([second, first])
    await add({ id: 'within', name: 'Within', base_price: '1', category: first })
    const held = await shop.admin('POST', `/api/categories/${first}/archive`)
    expect(held.json).toMatchObject({ status: 409, products: ['within'] })
    await shop.admin('PATCH', '/api/products/within', { category: null })
    expect((await shop.admin('POST', `/api/categories/${first}/archive`)).json).toMatchObject({
      archived_at: expect.any(String),
    })
  })

  it('are named by their numbers: a category whose name is a number is not mistaken for the other', async () => {
    const meant = await category('Meant')
    await category(String(meant))
    const { json } = await shop.admin('PATCH', `/api/categories/${meant}`, { name: 'Still meant' })
    expect(json).toMatchObject({ id: meant, name: 'Still meant' })
  })
})

describe('the lists', () => {
  it('have every product and every category once, in the order of the shop', async () => {
    const id = await category('Listed')
    for (const name of ['l1', 'l2', 'l3']) await add({ id: name, name, base_price: '1', category: id })
    const whole = (await shop.admin('GET', '/api/products?limit=500')).json['items']
    expect(await allOf(shop.admin, '/api/products?limit=2')).toEqual(whole)
    const within = await allOf<{ id: string }>(shop.admin, `/api/products?limit=1&category=${id}`)
    expect(within.map((product) => product.id)).toEqual(['l1', 'l2', 'l3'])
    const categories = (await shop.admin('GET', '/api/categories?limit=500&archived=true')).json['items']
    expect(await allOf(shop.admin, '/api/categories?limit=2&archived=true')).toEqual(categories)
    await shop.admin('POST', '/api/products/l2/archive')
    const left = await allOf<{ id: string }>(shop.admin, `/api/products?category=${id}`)
    expect(left.map((product) => product.id)).toEqual(['l1', 'l3'])
    const all = await allOf<{ id: string }>(shop.admin, `/api/products?category=${id}&archived=true&limit=2`)
    expect(all.map((product) => product.id)).toEqual(['l1', 'l2', 'l3'])
  })

  it.each([
    '?limit=0',
    '?limit=501',
    '?limit=two',
    '?archived=yes',
    '?archived=true&archived=false',
    '?category=Codes',
    '?cursor=%00',
    '?q=x',
  ])('of products refuses %s', async (query) => {
    expect((await shop.admin('GET', `/api/products${query}`)).status).toBe(400)
  })
})

describe('who may', () => {
  it('see the catalogue: staff, and no agent', async () => {
    for (const path of ['/api/products', '/api/products/sharp', '/api/categories', '/api/products/sharp/picture']) {
      expect(statusOf(await shop.by.agent('GET', path))).toEqual({ status: 403, code: 'not_allowed' })
    }
    expect((await ask(shop.panel, '/api/products')).status).toBe(401)
    expect((await shop.by.operator('PATCH', '/api/products/sharp', { name: 'Sharper' })).status).toBe(200)
  })
})
