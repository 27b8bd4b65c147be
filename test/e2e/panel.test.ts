/** The panel from the first start to the last bot drained, as its people use it: only by what their pages show. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { address, txid } from '../services/money/money-fixture.ts'
import { goodPassword } from '../services/people/people-fixture.ts'
import { authenticatorOf } from '../support/authenticator.ts'
import { BrowsedServer } from './support/browsed-server.ts'

let server: BrowsedServer
/** The owner's page, the chat page, and the agent's page: Persian, on a phone. */
let owner: Page
let chats: Page
let agents: Page

const shopNumber = '15550100300'
const mainToken = '1000003:not-a-real-token-either'
const adaToken = '1000002:not-a-real-token-at-all'
const persian = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'panel', 'web', 'i18n', 'fa.json'), 'utf8'),
) as Record<string, string>
const fa = (key: string) => persian[key] ?? key

beforeAll(async () => {
  server = await BrowsedServer.open({
    MATURITY_HOURS: '0',
    MATURITY_CHECK_SECONDS: '1',
    LEASE_TTL_SECONDS: '6',
    GRACE_SECONDS: '3',
  })
  server.sandbox.createBot({ name: 'Ada’s Shop', username: 'ada_shop_bot', token: adaToken })
  server.sandbox.createBot({ name: 'Main Shop', username: 'main_shop_bot', token: mainToken })
  server.sandbox.addPerson({ firstName: 'Sam', languageCode: 'en' })
  server.whatsapp.addPerson({ name: 'Corner Shop', number: shopNumber })
})
afterAll(() => server?.close())
afterEach(() => expect(server.troubles()).toEqual([]))

const dialogOf = (page: Page) => page.getByRole('dialog')
const press = (where: Page | Locator, name: string) => where.getByRole('button', { name, exact: true }).click()

async function signIn(page: Page, who: { username: string; password: string; code?: string }): Promise<void> {
  await page.locator('[autocomplete=username]').fill(who.username)
  await page.locator('[autocomplete=current-password]').fill(who.password)
  await page.locator('[type=submit]').click()
  if (who.code !== undefined) {
    await page.locator('[autocomplete=one-time-code]').fill(who.code)
    await page.locator('[type=submit]').click()
  }
  await page.locator('[type=submit]').waitFor({ state: 'detached' })
}

/** Goes somewhere by the menu, as a person does: the page is not loaded anew. */
const go = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click()

test('the first owner finds the password that the server made up, and sets up a second factor', async () => {
  owner = await server.open('/')
  const password = server.firstPassword()
  await press(owner, 'Here for the first time?')
  await owner.getByText('first-owner-password').waitFor()
  await signIn(owner, { username: 'admin', password })
  await press(owner, 'admin')
  await owner.getByRole('menuitem', { name: 'Your account' }).click()
  await press(owner, 'Set up an authenticator app')
  await dialogOf(owner).getByRole('textbox', { name: 'Password' }).fill(password)
  await press(dialogOf(owner), 'Next')
  const secret = await owner.getByText('Or type it by hand:').locator('bdi').textContent()
  const code = authenticatorOf(secret ?? '')
  await owner.getByRole('textbox', { name: 'Code' }).fill(code())
  await press(owner, 'Confirm')
  await press(owner, 'I have kept them')
  await press(owner, 'admin')
  await owner.getByRole('menuitem', { name: 'Sign out' }).click()
  await signIn(owner, { username: 'admin', password, code: code(1) })
  await owner.getByRole('heading', { level: 1 }).waitFor()
})

test('people are made: two who look at money, and one who sells', async () => {
  await go(owner, 'Agents')
  await press(owner, 'New agent')
  await dialogOf(owner).getByLabel('Name').fill('Ada’s Shop')
  await dialogOf(owner).getByLabel('Id', { exact: true }).fill('ada')
  await dialogOf(owner).locator('[type=password]').fill(adaToken)
  await press(dialogOf(owner), 'New agent')
  await owner.getByRole('heading', { level: 1, name: 'Ada’s Shop' }).waitFor()
  await press(owner, 'Change the markup')
  await dialogOf(owner).getByLabel('How the markup is counted').selectOption('percent')
  await dialogOf(owner).getByLabel('Amount').fill('100')
  await press(dialogOf(owner), 'Save')
  await owner.getByText('100%').waitFor()
  await go(owner, 'People')
  for (const [username, role, tenant] of [
    ['first', 'admin', undefined],
    ['second', 'admin', undefined],
    ['ada', 'agent', 'agent:ada'],
  ] as const) {
    await press(owner, 'New person')
    await dialogOf(owner).getByLabel('Username').fill(username)
    await dialogOf(owner).locator('[type=password]').fill(goodPassword)
    await dialogOf(owner).getByLabel('Role').selectOption(role)
    if (tenant !== undefined) await dialogOf(owner).getByLabel('Shop').fill(tenant)
    await press(dialogOf(owner), 'New person')
    await owner.getByRole('button', { name: `More for ${username}` }).waitFor()
  }
})

test('a product comes onto the shelf', async () => {
  await go(owner, 'Catalogue')
  await press(owner, 'New product')
  await dialogOf(owner).getByLabel('Name').fill('Gift card')
  await dialogOf(owner).getByLabel('Base price').fill('400')
  await dialogOf(owner).getByRole('switch', { name: 'Show it at once' }).check()
  await press(dialogOf(owner), 'New product')
  await owner.getByLabel('Goods').fill('GIFT-1\nGIFT-2\nGIFT-3\nGIFT-4\n')
  await press(owner, 'Add goods')
  await owner.getByText('4 units added.').waitFor()
})

test('a Telegram bot is made of a token that Telegram knows; all new ones are approved together and seen running', async () => {
  await go(owner, 'Bots')
  await owner.getByRole('link', { name: 'Create Bot' }).click()
  const token = owner.getByRole('textbox', { name: 'Bot token' })
  await token.fill('1000001:nobody-was-given-this-token')
  await press(owner, 'Check the token')
  await owner.getByText('Telegram refuses this token').waitFor()
  await token.fill(mainToken)
  await press(owner, 'Check the token')
  await owner.getByText('Telegram knows this bot').waitFor()
  await press(owner, 'Create Bot')
  await owner.getByRole('heading', { level: 1, name: 'Main Shop' }).waitFor()

  await go(owner, 'Bots')
  await owner.getByRole('tab', { name: 'New' }).click()
  await owner.getByRole('row', { name: 'Main Shop' }).waitFor()
  await owner.getByRole('checkbox', { name: 'Choose all' }).check()
  await press(owner.getByRole('region', { name: 'The chosen bots' }), 'Approve')
  await dialogOf(owner).getByRole('radio', { name: '3 months (90 days)' }).check()
  await press(dialogOf(owner), 'Approve')
  await owner.getByRole('tab', { name: 'Approved' }).click()
  for (const name of ['Ada’s Shop', 'Main Shop']) {
    await owner.getByRole('row', { name }).getByText('Running', { exact: true }).waitFor()
  }
})

test('a WhatsApp bot is linked by the code that the page shows, which its phone types', async () => {
  await go(owner, 'Bots')
  await owner.getByRole('link', { name: 'Create Bot' }).click()
  await owner.getByRole('radio', { name: 'WhatsApp' }).check()
  await owner.getByLabel('WhatsApp number').fill(`+${shopNumber}`)
  await press(owner, 'Next')
  await owner.getByLabel('Name').fill('Corner Shop')
  await press(owner, 'Create Bot')
  await press(owner, 'Ask for a code')
  const code = await owner.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/).textContent()
  expect(await server.whatsapp.phoneOf(shopNumber).enterCode(code ?? '')).toBe('linked')
  await owner.getByText('Linked to its phone').waitFor()
  await press(owner, 'Approve')
  await press(dialogOf(owner), 'Approve')
  await owner.getByText('Running', { exact: true }).waitFor()
})

/** Taps in the sandbox's chat page, on the newest of that name. */
const tap = (name: string | RegExp) => chats.getByRole('button', { name, exact: true }).last().click()
const shows = (text: string | RegExp) => chats.getByText(text).last().waitFor()

async function say(text: string): Promise<void> {
  await chats.getByRole('textbox', { name: 'Message' }).fill(text)
  await chats.keyboard.press('Enter')
}

/** Gives the customer whose page is open money. */
async function give(amount: string): Promise<void> {
  await press(owner, 'Correct the balance')
  await dialogOf(owner).getByLabel('Amount').fill(amount)
  await dialogOf(owner).getByLabel('Reason').fill('paid in cash')
  await press(dialogOf(owner), 'Correct the balance')
  await owner
    .getByText(`${Number(amount).toLocaleString('en')} USDT`)
    .first()
    .waitFor()
}

test('customers write to both bots, and get a balance', async () => {
  chats = await server.open(server.sandbox.url)
  await tap(/Ada’s Shop/)
  await tap('Start')
  await shows(/Your balance/)
  await tap(/Corner Shop/)
  await tap('Say hello')
  await shows(/Your balance/)
  for (const [platform, amount] of [
    ['Telegram', '2000'],
    ['WhatsApp', '500'],
  ] as const) {
    await go(owner, 'Customers')
    await owner.getByRole('row', { name: platform }).getByRole('link', { name: 'Sam' }).click()
    await give(amount)
  }
})

test('they buy in their chats; the orders come up by themselves, with the agent’s profit', async () => {
  await go(owner, 'Orders')
  await owner.getByText('Nothing was bought yet').waitFor()
  await tap(/Ada’s Shop/)
  for (const button of ['Shop', 'Gift card · 800 USDT', 'Buy', '2', /^Pay/]) await tap(button)
  for (const goods of ['GIFT-1', 'GIFT-2']) await shows(goods)
  const theirs = owner.getByRole('row', { name: 'agent:ada' })
  await theirs.getByText('1,600 USDT').waitFor()

  await tap(/Corner Shop/)
  for (const [answer, question] of [
    ['1', /1 Gift card · 400 USDT/],
    ['1', /1 Buy/],
    ['1', /how many/i],
    ['1', /1 Pay/],
    ['1', 'GIFT-3'],
  ] as const) {
    await say(answer)
    await shows(question)
  }
  await owner.getByRole('row', { name: 'master' }).getByText('400 USDT').waitFor()
  await theirs.getByRole('link').first().click()
  const profit = owner.getByRole('definition').filter({ hasText: '800 USDT' })
  await profit.last().waitFor()
})

test('the agent, in Persian and on a phone, asks for its matured profit', async () => {
  agents = await server.open('/shop', { locale: 'fa-IR', viewport: { width: 390, height: 844 } })
  expect(await agents.locator('html').getAttribute('dir')).toBe('rtl')
  await signIn(agents, { username: 'ada', password: goodPassword })
  await agents.getByRole('heading', { name: fa('earnings.title') }).waitFor()
  await press(agents, fa('menu'))
  await go(agents, fa('nav.withdrawals'))
  await press(agents, fa('withdrawals.request'))
  await dialogOf(agents).getByLabel(fa('orders.amount')).fill('700')
  await dialogOf(agents).getByLabel(fa('withdrawals.address')).fill(address)
  await press(dialogOf(agents), fa('withdrawals.request'))
  await agents.getByRole('row', { name: 'agent:ada' }).waitFor()
  const overhang = await agents.evaluate('document.documentElement.scrollWidth - innerWidth')
  expect(overhang).toBe(0)
})

test('above the limit one admin is not enough: the second one approves, and it is paid', async () => {
  const row = (page: Page) => page.getByRole('row', { name: 'agent:ada' })
  const first = await server.open('/withdrawals')
  await signIn(first, { username: 'first', password: goodPassword })
  await press(row(first), 'Approve')
  await press(dialogOf(first), 'Approve')
  await row(first).getByText('1 of 2 approvals').waitFor()
  await row(first).getByText('user:first').waitFor()
  expect(await row(first).getByRole('button', { name: 'Approve' }).count()).toBe(0)

  const second = await server.open('/withdrawals')
  await signIn(second, { username: 'second', password: goodPassword })
  await press(row(second), 'Approve')
  await press(dialogOf(second), 'Approve')
  await press(row(second), 'Mark as paid')
  await dialogOf(second).getByLabel('Transaction').fill(txid('paid'))
  await press(dialogOf(second), 'Mark as paid')
  await row(second).getByText('Paid', { exact: true }).waitFor()
  await agents.getByRole('row', { name: 'agent:ada' }).getByText(fa('withdrawal.paid'), { exact: true }).waitFor()
  await first.close()
  await second.close()
})

/** Chooses what stands in the menu of more actions of the bot's page. */
async function choose(action: string): Promise<void> {
  await owner.getByRole('button', { name: 'More for' }).click()
  await owner.getByRole('menuitem', { name: action, exact: true }).click()
}

test('a bot is stopped, started, ended and renewed, each seen as it happens', async () => {
  await go(owner, 'Bots')
  await owner.getByRole('link', { name: 'Ada’s Shop' }).click()
  const state = (name: string) => owner.locator('main').getByText(name, { exact: true }).first().waitFor()
  await press(owner, 'Stop')
  await press(owner, 'Start')
  await state('Running')
  await choose('End now')
  await press(dialogOf(owner), 'End now')
  await state('Expired - Payment Required')
  await press(owner, 'Renew/Pay')
  await press(dialogOf(owner), 'Renew')
  await state('Running')
  await owner.getByRole('tab', { name: 'Periods' }).click()
  await owner.getByRole('row').nth(2).waitFor()
})

/** Waits until every bot of the list says this of its state. */
async function everyBotIs(state: string): Promise<void> {
  await go(owner, 'Bots')
  for (const name of ['Ada’s Shop', 'Main Shop', 'Corner Shop']) {
    await owner.getByRole('row', { name }).getByText(state, { exact: true }).first().waitFor()
  }
}

test('a server is drained with its pinned bots, and taken back: they run again', async () => {
  await go(owner, 'Servers')
  await press(owner, 'Drain')
  await dialogOf(owner).getByRole('radio', { name: 'stop now' }).check()
  await press(dialogOf(owner), 'Drain')
  await owner.getByText('Draining').waitFor()
  await everyBotIs('Stopped')
  await go(owner, 'Servers')
  await press(owner, 'Take back into service')
  await owner.getByText('Draining').waitFor({ state: 'detached' })
  await everyBotIs('Running')
})
