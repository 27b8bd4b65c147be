/** Broadcasts, the ledger, and what pages learn without being asked to load anew. */
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { keyed, own } from '../shop-fixture.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

const phone: BrowserContextOptions = { locale: 'fa-IR', viewport: { width: 390, height: 844 } }

/** A customer who can be written to. */
async function addListener(): Promise<void> {
  const customer = await web.shop.addCustomer(own)
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ('chatty', $1, 'whatsapp', 'Chatty', '+491701234000', 'server1', 'test') on conflict do nothing`,
    [own],
  )
  await web.shop.database.query(
    `insert into customer_chat (instance_id, customer_id, chat_id) values ('chatty', $1, $1)`,
    [customer],
  )
}

it('an agent writes news, sends it, stops it and ends it; a page that is open elsewhere follows', async () => {
  for (let n = 0; n < 3; n += 1) await addListener()
  const page = await web.openAs('the-agent', '/broadcasts')
  const theirs = await web.openAs('the-owner', '/broadcasts')
  await theirs.getByText('Nothing was broadcast yet.').waitFor()
  await page.getByRole('button', { name: 'New broadcast' }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.getByLabel('Shop').count()).toBe(0)
  await dialog.getByLabel('Text').fill('<b>Half price</b> today')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const row = page.getByRole('row', { name: 'Half price' })
  await row.getByText('Draft').waitFor()
  await row.getByRole('button', { name: 'Preview' }).click()
  await page.getByText('Not possible as things stand').waitFor()
  await row.getByRole('button', { name: 'Send' }).click()
  await dialog.getByText(`every customer of ${own}`).waitFor()
  await dialog.getByRole('button', { name: 'Send' }).click()
  await row.getByText('0 of 3 sent').waitFor()
  await expectUsable(page)
  await row.getByRole('button', { name: 'Pause' }).click()
  await row.getByText('Paused').waitFor()
  await row.getByRole('button', { name: 'Go on' }).click()
  await row.getByText('Being sent').waitFor()
  await web.shop.database.query(
    `update outbox_message set state = 'sent', ended_at = now()
     where id = (select min(id) from outbox_message where broadcast_id is not null)`,
  )
  await row.getByText('1 of 3 sent').waitFor()
  await row.getByRole('button', { name: 'Cancel it' }).click()
  await dialog.getByRole('button', { name: 'Cancel it' }).click()
  await row.getByText('Cancelled').waitFor()
  await theirs.getByRole('row', { name: 'Half price' }).getByText('Cancelled').waitFor({ timeout: 8_000 })
  const small = await web.openAs('the-owner', '/broadcasts', phone)
  await small.getByRole('row').first().waitFor()
  await expectUsable(small)
})

it('the ledger shows where each coin is and what moved it, and checks that it adds up', async () => {
  const [customer, product] = [await web.shop.addCustomer(own, 20), await web.shop.addProduct(5)]
  const order = await web.shop.buy(customer, product, 2)
  const page = await web.openAs('the-owner', '/ledger?shop=agent:t1')
  await page.getByRole('row', { name: "Customers' balances" }).getByText('16 USDT').waitFor()
  await expectUsable(page)
  await page.getByRole('tab', { name: 'Entries' }).click()
  await page.getByLabel('What').selectOption('sale')
  const sale = page.getByRole('row', { name: 'Sale' })
  await sale.getByText('4 USDT').waitFor()
  expect(await sale.getByText(String(order), { exact: true }).count()).toBe(1)
  await expectUsable(page)
  await page.getByRole('tab', { name: 'Check' }).click()
  await page.getByRole('button', { name: 'Check every balance now' }).click()
  await page.getByRole('alert').getByText('The books are right').waitFor()
  const small = await web.openAs('the-owner', '/ledger?tab=entries', phone)
  await small.getByRole('row').first().waitFor()
  await expectUsable(small)
})

it('stock, products, customers and shops that change elsewhere change on the open page', async () => {
  const product = await web.shop.addProduct(1)
  const customer = await web.shop.addCustomer('master', 5)
  const [goods, person] = [
    await web.openAs('the-owner', `/catalogue/${product}`),
    await web.openAs('the-owner', `/customers/${customer}`),
  ]
  const soon = { timeout: 8_000 }
  const available = goods.locator('dt', { hasText: 'Available' }).locator('xpath=following-sibling::dd[1]')
  await goods.getByText('Available', { exact: true }).first().waitFor()
  await person.getByText('5 USDT').first().waitFor()
  await web.shop.admin('POST', `/api/products/${product}/stock`, { goods: 'new-1\nnew-2' })
  await available.getByText('3', { exact: true }).waitFor(soon)
  await web.shop.admin('PATCH', `/api/products/${product}`, { name: 'Another name' })
  await goods.getByRole('heading', { level: 1, name: 'Another name' }).waitFor(soon)
  await web.shop.admin('POST', `/api/customers/${customer}/block`, { reason: 'somebody else saw to it' }, keyed())
  await person.getByText('somebody else saw to it').waitFor(soon)
})
