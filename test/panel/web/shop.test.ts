import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { own } from '../shop-fixture.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

it('a product is made, shown, and gets its stock from a text and from a file, double lines told apart', async () => {
  const page = await web.openAs('the-owner', '/catalogue')
  await page.getByRole('button', { name: 'New product' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Gift card')
  await dialog.getByLabel('Base price').fill('2.50')
  await dialog.getByRole('switch', { name: 'Show it at once' }).check()
  await dialog.getByRole('button', { name: 'New product' }).click()
  await page.getByRole('heading', { level: 1, name: 'Gift card' }).waitFor()
  await page.getByText('2.5 USDT').waitFor()

  await page.getByLabel('Goods').fill('code-1\ncode-2\ncode-1\n')
  await page.getByRole('button', { name: 'Add goods' }).click()
  await page.getByText('2 units added.').waitFor()
  await page.getByText('1 line repeated').waitFor()
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'goods.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(Array.from({ length: 30_000 }, (_none, n) => `code-of-a-file-${n}`).join('\n')),
    })
  await page.getByRole('button', { name: 'Add goods' }).click()
  await page.getByText('30,000 units added.').waitFor({ timeout: 30_000 })
  await page.getByText('Part 4 of 4').waitFor()
  const { rows } = await web.shop.database.query<{ count: number }>('select count(*)::int as count from stock_unit')
  expect(rows).toEqual([{ count: 30_002 }])
})

it('an upload that broke off goes on where it was and adds nothing twice', async () => {
  const product = await web.shop.addProduct(0)
  const page = await web.openAs('the-owner', `/catalogue/${product}`)
  let calls = 0
  await page.route('**/stock', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    calls += 1
    if (calls !== 2) return route.continue()
    // The second part arrives, and its answer is lost.
    await route.fetch()
    return route.abort()
  })
  const goods = Array.from({ length: 30_000 }, (_none, n) => `other-code-of-a-file-${n}`).join('\n')
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'goods.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(goods),
    })
  await page.getByRole('button', { name: 'Add goods' }).click()
  await page.getByText('It is not known whether this was done').waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('30,000 units added.').waitFor({ timeout: 30_000 })
  expect(await page.getByText('in stock already').count()).toBe(0)
})

it('an order is refunded in part: its goods chosen, the money back, the reason kept', async () => {
  const [customer, product] = [await web.shop.addCustomer('master', 20), await web.shop.addProduct(5)]
  const order = await web.shop.buy(customer, product, 2)
  const page = await web.openAs('the-owner', '/orders')
  await page.getByRole('link', { name: String(order), exact: true }).click()
  await page.getByRole('button', { name: 'Refund' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('checkbox', { name: /^Unit/ }).first().uncheck()
  expect(await dialog.getByRole('button', { name: 'Refund' }).isDisabled()).toBe(true)
  await dialog.getByLabel('Reason').fill('one code did not work')
  await dialog.getByRole('button', { name: 'Refund' }).click()
  await page.getByText('Partly refunded').waitFor()
  await page.getByRole('cell', { name: 'one code did not work' }).waitFor()
  await page.getByRole('link', { name: 'Some One' }).click()
  await page.getByText('18 USDT').waitFor()
})

it('a customer’s balance is corrected and the customer blocked, each with its reason', async () => {
  const customer = await web.shop.addCustomer('master', 5)
  const page = await web.openAs('the-owner', `/customers/${customer}`)
  await page.getByRole('button', { name: 'Correct the balance' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Amount').fill('-7')
  await dialog.getByLabel('Reason').fill('a slip')
  await dialog.getByRole('button', { name: 'Correct the balance' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByLabel('Amount').fill('-1.5')
  await dialog.getByRole('button', { name: 'Correct the balance' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('3.5 USDT').waitFor()
  await page.getByRole('button', { name: 'Block' }).click()
  await dialog.getByLabel('Reason').fill('stolen card')
  await dialog.getByRole('button', { name: 'Block' }).click()
  await page.getByText('stolen card').waitFor()
  await page.getByRole('button', { name: 'Unblock' }).click()
  await page.getByText('stolen card').waitFor({ state: 'detached' })
})

it('a product gets a picture, another one, none, and its words in another language', async () => {
  const product = await web.shop.addProduct(0)
  const page = await web.openAs('the-owner', `/catalogue/${product}`)
  const picture = page.getByRole('img', { name: `Product ${product}` })
  const choose = (contents: Buffer) =>
    page.locator('input[type=file]').last().setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: contents })
  const dot = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  )
  await choose(Buffer.from('no picture at all'))
  await page.getByRole('button', { name: 'Take this picture' }).click()
  await page.getByRole('alert').waitFor()
  await choose(dot)
  await page.getByRole('button', { name: 'Take this picture' }).click()
  await picture.waitFor()
  await page.getByRole('button', { name: 'Translate to فارسی' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('کارت هدیه')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('cell', { name: 'کارت هدیه' }).waitFor()
  await expectUsable(page)
  await page.getByRole('button', { name: 'Translate to فارسی' }).click()
  await dialog.getByLabel('Name').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('cell', { name: 'کارت هدیه' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Remove the picture' }).click()
  await picture.waitFor({ state: 'detached' })
})

it('support orders for a customer from the customer’s balance, and hears why it cannot', async () => {
  const [customer, product] = [await web.shop.addCustomer('master', 5), await web.shop.addProduct(9)]
  const page = await web.openAs('the-operator', `/customers/${customer}`)
  await page.getByRole('button', { name: 'Place an order' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Product').selectOption(product)
  await dialog.getByLabel('How many').fill('3')
  await expectUsable(page)
  await dialog.getByRole('button', { name: 'Place an order' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByLabel('How many').fill('2')
  await dialog.getByRole('button', { name: 'Place an order' }).click()
  await page.getByRole('heading', { level: 1, name: /^Order/ }).waitFor()
  await page.getByText('4 USDT').first().waitFor()
  expect(await web.shop.count('customer_order')).toBeGreaterThan(0)
})

it('an agent is made, gets a markup, a link and a text, is paused and goes on', async () => {
  const page = await web.openAs('the-owner', '/agents')
  await page.getByRole('button', { name: 'New agent' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Bo’s Shop')
  await dialog.getByLabel('Id', { exact: true }).fill('bo')
  await dialog.getByLabel('Bot token or WhatsApp number').last().fill('+491701230001')
  await dialog.getByLabel('Approve its bot').selectOption('3')
  await dialog.getByRole('button', { name: 'New agent' }).click()
  await page.getByRole('heading', { level: 1, name: 'Bo’s Shop' }).waitFor()
  await page.getByRole('button', { name: 'Change the markup' }).click()
  await dialog.getByLabel('How the markup is counted').selectOption('percent')
  await dialog.getByLabel('Amount').fill('12.5')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('12.5%').waitFor()
  await page.getByRole('button', { name: 'Change a link' }).click()
  await dialog.getByLabel('Address').fill('https://t.me/bo_support')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('link', { name: 'https://t.me/bo_support' }).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await dialog.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
})

it('an agent sees its own shop, customers and orders, and nothing of others or of the house', async () => {
  const product = await web.shop.addProduct(5)
  const mine = await web.shop.addCustomer(own, 20)
  const theirs = await web.shop.addCustomer('master', 20)
  await web.shop.buy(mine, product)
  const foreignOrder = await web.shop.buy(theirs, product)
  const page = await web.openAs('the-agent', '/orders')
  await page.getByRole('row').nth(1).waitFor()
  expect(await page.getByRole('row').count()).toBe(2)
  const menu = page.getByRole('navigation')
  for (const hidden of ['Servers', 'Catalogue', 'People', 'Audit', 'Settings', 'Notifications']) {
    expect(await menu.getByRole('link', { name: hidden }).count(), hidden).toBe(0)
  }
  await page.goto(`/orders/${foreignOrder}`)
  await page.getByRole('alert').waitFor()
  expect(await page.getByText('Some One').count()).toBe(0)
})
