/** Categories and products as operators change them, and as customers see them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { listAudit } from '../../../services/audit/list-audit.ts'
import { archiveCategory } from '../../../services/catalogue/archive-category.ts'
import { archiveProduct } from '../../../services/catalogue/archive-product.ts'
import { type CatalogueCategory, catalogueOf } from '../../../services/catalogue/catalogue-of.ts'
import { createCategory } from '../../../services/catalogue/create-category.ts'
import { createProduct } from '../../../services/catalogue/create-product.ts'
import { editProduct } from '../../../services/catalogue/edit-product.ts'
import { listCategories } from '../../../services/catalogue/list-categories.ts'
import { listProducts } from '../../../services/catalogue/list-products.ts'
import { orderCategories } from '../../../services/catalogue/order-categories.ts'
import { productPage } from '../../../services/catalogue/product-page.ts'
import { readPicture } from '../../../services/catalogue/read-picture.ts'
import { renameCategory } from '../../../services/catalogue/rename-category.ts'
import { setPicture } from '../../../services/catalogue/set-picture.ts'
import { showPicture } from '../../../services/catalogue/show-picture.ts'
import { showProduct } from '../../../services/catalogue/show-product.ts'
import { translateProduct } from '../../../services/catalogue/translate-product.ts'
import { ownerActor } from '../../support/rig.ts'
import { Shelf } from '../stock/shelf-fixture.ts'

let shelf: Shelf
const openShelf = () => {
  beforeAll(async () => {
    shelf = await Shelf.open()
  })
  afterAll(() => shelf.close())
}

const vpn = { name: 'VPN', currency: 'USDT', basePrice: 1_000_000n } as const
const png = Buffer.from('89504e470d0a1a0a00', 'hex')
const viewer: Actor = { ...ownerActor, role: 'viewer' }
const agent: Actor = { ...ownerActor, role: 'agent', tenant: 'agent:ann' }

describe('products', () => {
  openShelf()

  test('get an id from their name, each another one, also when they are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => shelf.run(createProduct, { ...vpn, name: 'Gold!' })))
    expect(made.map(({ id }) => id).toSorted()).toEqual(['gold', 'gold-2', 'gold-3', 'gold-4', 'gold-5'])
  })

  test('are shown with what was said of them, amounts as decimal strings', async () => {
    await shelf.run(createCategory, { name: 'Shown' })
    const made = await shelf.run(createProduct, {
      ...vpn,
      id: 'shown',
      basePrice: 4_500_001n,
      description: 'One\nmonth',
      category: 'shown',
      limitPerCustomer: 3,
      lowStockThreshold: 2,
      visibleToAgents: false,
    })
    expect(made).toMatchObject({
      id: 'shown',
      base_price: '4.500001',
      currency: 'USDT',
      category: { name: 'Shown' },
      description: 'One\nmonth',
      limit_per_customer: 3,
      low_stock_threshold: 2,
      low_stock: true,
      visible_to_agents: false,
      status: 'active',
      picture: null,
      stock: { available: 0, reserved: 0, sold: 0, spoilt: 0 },
    })
    expect(await shelf.run(showProduct, { id: 'shown' }, viewer)).toEqual(made)
  })

  test.each([
    ['no name', { name: ' ' }, 'name is one line'],
    ['a price of nothing', { basePrice: 0n }, 'above 0'],
    ['an id that is none', { id: 'A B' }, "product's id"],
    ['a category that is not there', { category: 'nowhere' }, 'no category nowhere'],
  ])('with %s are refused', async (_name, more, words) => {
    await expect(shelf.run(createProduct, { ...vpn, ...more })).rejects.toThrow(words)
  })

  test('an id that is taken is refused', async () => {
    await shelf.run(createProduct, { ...vpn, id: 'taken' })
    await expect(shelf.run(createProduct, { ...vpn, id: 'taken' })).rejects.toMatchObject({ code: 'conflict' })
  })

  test('change as far as they are told to, and the audit says by whom', async () => {
    const id = await shelf.product({ limitPerCustomer: 3, lowStockThreshold: 1 })
    const before = await shelf.run(showProduct, { id })
    const after = await shelf.run(editProduct, { id, basePrice: 2_000_000n, limitPerCustomer: null })
    expect(after).toEqual({
      ...before,
      base_price: '2',
      limit_per_customer: null,
      updated_at: expect.any(String) as string,
    })
    const [row] = await listAudit(shelf.test.database, ownerActor, { target: id, action: 'product.edit' })
    expect(row).toMatchObject({ actor: ownerActor.name, details: { base_price: '2', limit_per_customer: null } })
    await expect(shelf.run(editProduct, { id })).rejects.toThrow('nothing to change')
    await expect(shelf.run(editProduct, { id: 'nothing', name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(shelf.run(editProduct, { id, basePrice: 0n })).rejects.toThrow('above 0')
  })

  test('keep their id and currency in the database itself', async () => {
    const id = await shelf.product()
    for (const change of [`currency = 'IRR'`, `id = 'other'`]) {
      await expect(shelf.rows(`update product set ${change} where id = $1`, [id])).rejects.toThrow(
        'keeps its id and its currency',
      )
    }
  })

  test('that are archived are out of the shop with their stock kept, and come back as they were', async () => {
    const id = await shelf.product()
    await shelf.add(id, 'a\nb')
    expect(await shelf.run(archiveProduct, { id })).toMatchObject({ status: 'archived', stock: { available: 2 } })
    expect(await shelf.run(archiveProduct, { id })).toMatchObject({ status: 'archived' })
    expect(await listAudit(shelf.test.database, ownerActor, { target: id, action: 'product.archive' })).toHaveLength(1)
    const ids = async (archived: boolean) => (await shelf.run(listProducts, { archived })).map((product) => product.id)
    expect(await ids(false)).not.toContain(id)
    expect(await ids(true)).toContain(id)
    expect((await shelf.order(await shelf.buyer(), id, 1)).status).toBe('refused')
    await shelf.run(editProduct, { id, status: 'active' })
    expect((await shelf.order(await shelf.buyer(), id, 1)).status).toBe('paid')
  })

  test('have a picture that is what its bytes say, another one another id, or none', async () => {
    const id = await shelf.product()
    const first = await shelf.run(setPicture, { id, picture: png })
    expect(first.picture).toMatchObject({ type: 'image/png', bytes: png.length })
    const other = await shelf.run(setPicture, { id, picture: Buffer.concat([png, png]) })
    expect(other.picture?.id).not.toBe(first.picture?.id)
    await expect(shelf.run(setPicture, { id, picture: Buffer.from('GIF89a') })).rejects.toThrow('no JPEG')
    const picture = await readPicture(shelf.test.database, { tenant: 'master', product: id })
    expect(picture).toEqual({ type: 'image/png', id: other.picture?.id, bytes: Buffer.concat([png, png]) })
    expect((await shelf.run(setPicture, { id, picture: null })).picture).toBeNull()
    expect(await readPicture(shelf.test.database, { tenant: 'master', product: id })).toBeUndefined()
  })

  test('the picture of what a tenant does not sell is not given to it', async () => {
    const id = await shelf.product({ visibleToAgents: false })
    await shelf.run(setPicture, { id, picture: png })
    const read = (tenant: string) => readPicture(shelf.test.database, { tenant, product: id })
    expect(await read('master')).toBeDefined()
    expect(await read('agent:ann')).toBeUndefined()
    await shelf.run(editProduct, { id, visibleToAgents: true })
    expect(await read('agent:ann')).toBeDefined()
    await shelf.run(editProduct, { id, status: 'hidden' })
    expect(await read('agent:ann')).toBeUndefined()
  })

  test('say their name and description in a language as far as they have one', async () => {
    const id = await shelf.product({ description: 'plain' })
    await shelf.run(translateProduct, { id, language: 'fa', name: 'نام' })
    const both = await shelf.run(translateProduct, { id, language: 'fa', description: 'شرح' })
    expect(both.translations).toEqual({ fa: { name: 'نام', description: 'شرح' } })
    const buyer = await shelf.buyer()
    const page = (language: 'fa' | 'ru') => productPage(shelf.test.database, buyer, { product: id, language })
    expect(await page('fa')).toMatchObject({ name: 'نام', description: 'شرح' })
    expect(await page('ru')).toMatchObject({ name: `Product ${id}`, description: 'plain' })
    const bare = await shelf.run(translateProduct, { id, language: 'fa', name: null, description: null })
    expect(bare.translations).toEqual({})
  })

  test.each([
    ['createProduct', () => shelf.run(createProduct, vpn, viewer)],
    ['editProduct', () => shelf.run(editProduct, { id: 'x', name: 'x' }, viewer)],
    ['archiveProduct', () => shelf.run(archiveProduct, { id: 'x' }, viewer)],
    ['setPicture', () => shelf.run(setPicture, { id: 'x', picture: null }, viewer)],
    ['translateProduct', () => shelf.run(translateProduct, { id: 'x', language: 'fa', name: 'x' }, viewer)],
    ['createCategory', () => shelf.run(createCategory, { name: 'x' }, viewer)],
    ['renameCategory', () => shelf.run(renameCategory, { category: 'x', name: 'y' }, viewer)],
    ['orderCategories', () => shelf.run(orderCategories, { categories: ['x'] }, viewer)],
    ['archiveCategory', () => shelf.run(archiveCategory, { category: 'x' }, viewer)],
    ['listProducts', () => shelf.run(listProducts, {}, agent)],
    ['showProduct', () => shelf.run(showProduct, { id: 'x' }, agent)],
    ['showPicture', () => shelf.run(showPicture, { id: 'x' }, agent)],
    ['listCategories', () => shelf.run(listCategories, {}, agent)],
  ])('%s asks for the right to do it', async (_name, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'not_allowed' })
  })
})

describe('categories', () => {
  openShelf()

  const names = async () => (await shelf.run(listCategories, {})).map(({ name }) => name)

  test('are found by name or id, kept in order, and renamed in any language', async () => {
    for (const name of ['One', 'Two', 'Three']) await shelf.run(createCategory, { name })
    expect(await names()).toEqual(['One', 'Two', 'Three'])
    await shelf.run(orderCategories, { categories: ['three', '2'] })
    expect(await names()).toEqual(['Three', 'Two', 'One'])
    await shelf.run(renameCategory, { category: 'two', name: 'Deux' })
    expect(await names()).toEqual(['Three', 'Deux', 'One'])
    expect((await shelf.run(renameCategory, { category: 'deux', language: 'ru', name: 'Два' })).names).toEqual({
      ru: 'Два',
    })
    expect((await shelf.run(renameCategory, { category: 'deux', language: 'ru', name: null })).names).toEqual({})
    await expect(shelf.run(createCategory, { name: 'DEUX' })).rejects.toMatchObject({ code: 'conflict' })
    await expect(shelf.run(renameCategory, { category: 'one', name: 'deux' })).rejects.toMatchObject({
      code: 'conflict',
    })
    await expect(shelf.run(renameCategory, { category: 'gone', name: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('are archived when nothing is in them any more; the name is free again', async () => {
    await shelf.run(createCategory, { name: 'Full' })
    const id = await shelf.product({ category: 'full' })
    await expect(shelf.run(archiveCategory, { category: 'full' })).rejects.toThrow(`product edit ${id}`)
    await shelf.run(editProduct, { id, category: null })
    expect((await shelf.run(archiveCategory, { category: 'full' })).archived_at).not.toBeNull()
    expect(await names()).not.toContain('Full')
    await shelf.run(createCategory, { name: 'Full' })
    expect((await shelf.run(listCategories, { archived: true })).filter(({ name }) => name === 'Full')).toHaveLength(2)
  })
})

describe('what a tenant sells', () => {
  openShelf()

  const shown = (catalogue: readonly CatalogueCategory[]) =>
    catalogue.map(({ name, products }) => [name, products.map(({ id }) => id)])

  test('is what is active and meant for it, by category, in order, in its language', async () => {
    for (const name of ['A', 'B', 'Empty']) await shelf.run(createCategory, { name })
    await shelf.run(renameCategory, { category: 'b', language: 'fa', name: 'ب' })
    const loose = await shelf.product()
    const inB = await shelf.product({ category: 'b' })
    const [first, second] = [await shelf.product({ category: 'a' }), await shelf.product({ category: 'a' })]
    await shelf.product({ category: 'a', hidden: true })
    const masters = await shelf.product({ category: 'a', visibleToAgents: false })
    await shelf.run(editProduct, { id: second, position: 0 })
    await shelf.buyer('agent:ann')
    const of = (tenant: string) => catalogueOf(shelf.test.database, { tenant, language: 'fa' })
    expect(shown(await of('agent:ann'))).toEqual([
      ['A', [second, first]],
      ['ب', [inB]],
      [null, [loose]],
    ])
    expect(shown(await of('master'))[0]).toEqual(['A', [second, first, masters]])
  })

  test('has the price that an order made now would have, with the markup of the tenant', async () => {
    const product = await shelf.product({ basePrice: 1_000_005n })
    const buyers = [await shelf.buyer(), await shelf.buyer('agent:percent'), await shelf.buyer('agent:fixed')]
    await shelf.rows(`update tenant set markup_kind = 'percent', markup_hundredths = 1050 where id = 'agent:percent'`)
    await shelf.rows(`update tenant set markup_kind = 'fixed' where id = 'agent:fixed'`)
    await shelf.rows(`insert into tenant_fixed_markup values ('agent:fixed', 'USDT', 250000)`)
    await shelf.add(product, 'a\nb\nc')
    const prices = []
    for (const buyer of buyers) {
      const page = await productPage(shelf.test.database, buyer, { product, language: 'en' })
      const listed = (await catalogueOf(shelf.test.database, { tenant: buyer.tenant, language: 'en' }))
        .flatMap(({ products }) => products)
        .find(({ id }) => id === product)
      const order = await shelf.order(buyer, product, 1)
      const [{ unit_price: asked } = { unit_price: '' }] = await shelf.rows<{ unit_price: string }>(
        `select to_char(unit_price / 1000000.0, 'FM9.999999') as unit_price from customer_order where id = $1`,
        [order.id],
      )
      expect([listed?.unit_price, page?.unit_price]).toEqual([asked, asked])
      prices.push(asked)
    }
    expect(prices).toEqual(['1.000005', '1.105006', '1.250005'])
  })

  test('says how many can be bought, and how many more this customer may have', async () => {
    const product = await shelf.product({ limitPerCustomer: 3 })
    await shelf.add(product, Array.from({ length: 120 }, (_, at) => `u${at}`).join('\n'))
    const buyer = await shelf.buyer()
    const page = (who = buyer) => productPage(shelf.test.database, who, { product, language: 'en' })
    expect(await page()).toMatchObject({ available: 120, limit: 3, limit_left: 3, order_max: 3 })
    await shelf.order(buyer, product, 2)
    await shelf.order(buyer, product, 1, 600)
    expect(await page()).toMatchObject({ available: 117, limit_left: 0, order_max: 0 })
    expect(await page(await shelf.buyer())).toMatchObject({ limit_left: 3 })
    const listed = (await catalogueOf(shelf.test.database, { tenant: 'master', language: 'en' }))
      .flatMap(({ products }) => products)
      .find(({ id }) => id === product)
    expect(listed?.available).toBe(100)
  })

  test('has no page for what it does not sell', async () => {
    const product = await shelf.product({ visibleToAgents: false })
    const page = async (tenant: string) =>
      productPage(shelf.test.database, await shelf.buyer(tenant), { product, language: 'en' })
    expect(await page('agent:ann')).toBeUndefined()
    expect(await page('master')).toBeDefined()
    await shelf.run(archiveProduct, { id: product })
    expect(await page('master')).toBeUndefined()
  })
})
