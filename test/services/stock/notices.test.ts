/** Who is told of the stock: customers who asked, once each; admins when it runs low, once until there is more. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Buyer } from '../../../domain/shop.ts'
import { archiveProduct } from '../../../services/catalogue/archive-product.ts'
import { editProduct } from '../../../services/catalogue/edit-product.ts'
import { productPage } from '../../../services/catalogue/product-page.ts'
import { translateProduct } from '../../../services/catalogue/translate-product.ts'
import { removeStock } from '../../../services/stock/remove-stock.ts'
import { tellStock } from '../../../services/stock/tell-stock.ts'
import { wishRestock } from '../../../services/stock/wish-restock.ts'
import { Shelf } from './shelf-fixture.ts'

let shelf: Shelf
beforeAll(async () => {
  shelf = await Shelf.open()
  await shelf.rows(
    `with person as (
       insert into app_user (id, username, password_hash, role) values ('u1', 'ann', 'x', 'admin'), ('u2', 'bob', 'x', 'viewer')
       returning id
     ) insert into chat_identity (platform, platform_user_id, user_id) select 'telegram', 'chat-' || id, id from person`,
  )
})
afterAll(() => shelf.close())

const wish = (buyer: Buyer, product: string) =>
  shelf.test.database.transaction((tx) => wishRestock(tx, buyer, { product }))
const sweep = () => shelf.test.database.transaction((tx) => tellStock(tx))
const toldOf = async (product: string, kind: 'restock' | 'low_stock') =>
  (await shelf.told(kind)).filter(({ payload }) => (payload as { product: string }).product === product)

test('who asked is told once when there is some again, in the bot and the language of the asking', async () => {
  const product = await shelf.product()
  await shelf.run(translateProduct, { id: product, language: 'fa', name: 'محصول' })
  const buyers = [await shelf.buyer(), await shelf.buyer('agent:ann')]
  for (const buyer of buyers) expect(await wish(buyer, product)).toBe('noted')
  expect(await wish(buyers[0] as Buyer, product)).toBe('noted')
  await shelf.add(product, 'a')
  const rows = await shelf.rows(
    `select tenant_id, customer_id, via_instance_id, payload from outbox_message
     where kind = 'restock' and payload ->> 'product' = $1 order by id`,
    [product],
  )
  expect(rows).toEqual(
    buyers.map((buyer) => ({
      tenant_id: buyer.tenant,
      customer_id: buyer.customerId,
      via_instance_id: buyer.instanceId,
      payload: { product, name: 'محصول' },
    })),
  )
  await shelf.add(product, 'b')
  await sweep()
  expect(await toldOf(product, 'restock')).toHaveLength(2)
  expect(await shelf.rows('select 1 from restock_wish where product_id = $1', [product])).toEqual([])
})

test('who asks again after that is told again', async () => {
  const product = await shelf.product()
  const buyer = await shelf.buyer()
  for (const round of ['a', 'b']) {
    expect(await wish(buyer, product)).toBe('noted')
    await shelf.add(product, round)
    await shelf.order(buyer, product, 1)
  }
  expect(await toldOf(product, 'restock')).toHaveLength(2)
})

test('an import that is undone tells nobody, and the wish stays', async () => {
  const product = await shelf.product()
  const buyer = await shelf.buyer()
  await wish(buyer, product)
  await expect(shelf.add(product, '\n')).rejects.toThrow('blank')
  expect(await toldOf(product, 'restock')).toEqual([])
  expect(await shelf.rows('select customer_id from restock_wish where product_id = $1', [product])).toHaveLength(1)
})

test('nothing is wished for that is there, or that the customer cannot buy', async () => {
  const [there, masters] = [await shelf.product(), await shelf.product({ visibleToAgents: false })]
  await shelf.add(there, 'a')
  const buyer = await shelf.buyer('agent:ann')
  expect(await wish(buyer, there)).toBe('available')
  expect(await wish(buyer, masters)).toBe('not_for_sale')
  expect(await wish(buyer, 'nothing')).toBe('not_for_sale')
  expect(await shelf.rows('select 1 from restock_wish where customer_id = $1', [buyer.customerId])).toEqual([])
})

test('goods that come back from a reservation are told of by the sweep', async () => {
  const product = await shelf.product()
  const [holder, waiting] = [await shelf.buyer(), await shelf.buyer()]
  await shelf.add(product, 'a')
  await shelf.order(holder, product, 1, 0)
  expect(await wish(waiting, product)).toBe('noted')
  await sweep()
  expect(await toldOf(product, 'restock')).toEqual([])
  await shelf.rows('select release_unpaid_orders(100)')
  await sweep()
  expect(await toldOf(product, 'restock')).toHaveLength(1)
})

test('a blocked customer is not told, and one of a paused shop only when it is open again', async () => {
  const product = await shelf.product()
  const [blocked, paused] = [await shelf.buyer(), await shelf.buyer('agent:closed')]
  for (const buyer of [blocked, paused]) await wish(buyer, product)
  await shelf.rows(`update customer set blocked_at = now(), blocked_reason = 'spam' where id = $1`, [
    blocked.customerId,
  ])
  await shelf.rows(`update tenant set status = 'paused' where id = 'agent:closed'`)
  await shelf.add(product, 'a')
  expect(await toldOf(product, 'restock')).toEqual([])
  await shelf.rows(`update tenant set status = 'active' where id = 'agent:closed'`)
  await sweep()
  expect((await toldOf(product, 'restock')).map((told) => told.customer_id)).toEqual([paused.customerId])
})

test('a wish for what is archived is given up', async () => {
  const product = await shelf.product()
  await wish(await shelf.buyer(), product)
  await shelf.run(archiveProduct, { id: product })
  expect(await shelf.rows('select 1 from restock_wish where product_id = $1', [product])).toEqual([])
})

test('the page of a product says whether the customer has wished for it', async () => {
  const product = await shelf.product()
  const buyer = await shelf.buyer()
  const page = () => productPage(shelf.test.database, buyer, { product, language: 'en' })
  expect(await page()).toMatchObject({ wished: false, available: 0, order_max: 0 })
  await wish(buyer, product)
  expect(await page()).toMatchObject({ wished: true })
})

test('low stock is told to the admins once, and again after there was more', async () => {
  const product = await shelf.product({ lowStockThreshold: 2 })
  const buyer = await shelf.buyer()
  await shelf.add(product, 'a\nb\nc\nd')
  await sweep()
  expect(await toldOf(product, 'low_stock')).toEqual([])
  await shelf.order(buyer, product, 2)
  await Promise.all([sweep(), sweep(), sweep()])
  await sweep()
  const once = await toldOf(product, 'low_stock')
  expect(once).toEqual([
    { customer_id: null, chat_id: 'chat-u1', payload: { product, name: `Product ${product}`, left: 2 } },
  ])
  await shelf.order(buyer, product, 1)
  await sweep()
  expect(await toldOf(product, 'low_stock')).toHaveLength(1)
  await shelf.add(product, 'e\nf')
  await sweep()
  await shelf.run(removeStock, { product, choice: { all: true } })
  expect(await toldOf(product, 'low_stock')).toHaveLength(2)
})

test('nobody is told of a product that is hidden or has no threshold', async () => {
  const [none, hidden] = [await shelf.product(), await shelf.product({ lowStockThreshold: 5, hidden: true })]
  await sweep()
  for (const product of [none, hidden]) expect(await toldOf(product, 'low_stock')).toEqual([])
  await shelf.run(editProduct, { id: hidden, status: 'active' })
  await sweep()
  expect(await toldOf(hidden, 'low_stock')).toHaveLength(1)
})
