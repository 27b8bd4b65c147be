import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { address, earn, txid, usdt } from '../../services/money/money-fixture.ts'
import { keyed, own } from '../shop-fixture.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

it('an agent asks for its earnings; the money is approved and paid, and the agent sees it', async () => {
  await earn(web.shop.database, usdt(100), own)
  const theirs = await web.openAs('the-agent', '/withdrawals')
  const dialogOf = (page: typeof theirs) => page.getByRole('dialog')
  await theirs.getByRole('button', { name: 'Request a withdrawal' }).click()
  await dialogOf(theirs).getByLabel('Amount').fill('60')
  await dialogOf(theirs).getByLabel('Address').fill(address)
  await dialogOf(theirs).getByRole('button', { name: 'Request a withdrawal' }).click()
  await theirs.getByRole('row', { name: 'agent:t1' }).getByText('0 of 1 approvals').waitFor()
  await expectUsable(theirs)

  const page = await web.openAs('the-owner', '/withdrawals')
  await page.getByRole('button', { name: 'Approve' }).click()
  await dialogOf(page).getByText('agent:t1 asks for 60 USDT').waitFor()
  await dialogOf(page).getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('button', { name: 'Mark as paid' }).click()
  await dialogOf(page).getByLabel('Transaction').fill(txid('paid'))
  await dialogOf(page).getByRole('button', { name: 'Mark as paid' }).click()
  await page.getByRole('row', { name: 'agent:t1' }).getByText('Paid', { exact: true }).waitFor()
  await theirs.getByRole('row', { name: 'agent:t1' }).getByText('Paid', { exact: true }).waitFor({ timeout: 5_000 })
  await theirs.goto('/shop')
  await theirs.getByRole('heading', { name: 'Earnings' }).waitFor()
  await theirs.getByRole('cell', { name: '40 USDT' }).waitFor()
  await expectUsable(theirs)
})

it('a top-up is confirmed with what really came, once for each payment', async () => {
  const customer = await web.shop.addCustomer()
  for (const amount of ['20', '30']) await web.shop.admin('POST', '/api/top-ups', { customer, amount }, keyed())
  const page = await web.openAs('the-owner', '/top-ups')
  await page.getByRole('row', { name: '20 USDT' }).getByRole('button', { name: 'Payment received' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reference').fill('receipt-1')
  await dialog.getByLabel('Credited').fill('19.5')
  await dialog.getByRole('button', { name: 'Payment received' }).click()
  await page.getByRole('row', { name: '19.5 USDT' }).getByText('Confirmed').waitFor()
  await page.getByRole('row', { name: '30 USDT' }).getByRole('button', { name: 'Payment received' }).click()
  await dialog.getByLabel('Reference').fill('receipt-1')
  await dialog.getByRole('button', { name: 'Payment received' }).click()
  await dialog.getByRole('alert').waitFor()
  await expectUsable(page)
})

it('a shop that there is not finds nothing, which is no trouble', async () => {
  const page = await web.openAs('the-owner', '/customers?shop=nobody')
  await page.getByText('Nothing fits the search.').waitFor()
  await page.goto('/ledger?shop=nobody')
  await page.getByText('Nothing fits the search.').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})
