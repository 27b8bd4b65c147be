/** Every page, in both colours, right to left, on a phone: nothing for axe to find and nothing stopped by the policy. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by, status, desired, state,
       last_error, duration_months, approved_at, expires_at)
     values
       ('new1', 'master', 'whatsapp', 'متجر <i>الورد</i>', '+491701234561', 'server1', 'test', 'new', 'stopped', 'stopped',
         null, null, null, null),
       ('run1', 'master', 'whatsapp', 'Rose', '+491701234562', 'server1', 'test', 'approved', 'running', 'running',
         null, 3, now(), now() + interval '5 days'),
       ('bad1', 'master', 'whatsapp', 'A shop with a name so long that it must be broken somewhere', '+491701234563',
         'server1', 'test', 'approved', 'running', 'logged_out', 'the phone has unlinked this device', 3, now(),
         now() + interval '50 days')`,
  )
  await web.shop.database.query(
    `insert into instance_sample (instance_id, at, cpu_percent, memory_bytes)
     select 'run1', now() - n * interval '1 minute', n, 60000000 + n * 100000 from generate_series(0, 30) n`,
  )
  const { shop } = web
  await shop.admin('POST', '/api/agents', { id: 'ada', name: 'Ada', phone_number: '+491701230009', duration_months: 3 })
  await shop.admin('POST', '/api/categories', { name: 'Cards' })
  await shop.admin('POST', '/api/tokens', { name: 'report', scopes: ['instance.read'] })
  const product = await shop.addProduct(5)
  const customer = await shop.addCustomer('master', 20)
  const order = await shop.buy(customer, product, 2)
  pages.push(`/catalogue/${product}`, `/customers/${customer}`, `/orders/${order}`)
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

const pages = [
  '/',
  '/bots?tab=new',
  '/bots?tab=approved',
  '/bots?tab=problems',
  '/bots?tab=suspended',
  '/bots/new',
  '/bots/run1',
  '/bots/bad1?tab=pairing',
  '/bots/run1?tab=log',
  '/bots/run1?tab=history',
  '/bots/run1?tab=periods',
  '/bots/run1?tab=settings',
  '/bots/nothing',
  '/servers',
  '/agents',
  '/agents/ada',
  '/catalogue',
  '/catalogue?tab=categories',
  '/customers',
  '/orders',
  '/people',
  '/people?tab=tokens',
  '/ledger',
  '/ledger?tab=check',
  '/broadcasts',
  '/top-ups',
  '/withdrawals',
  '/notifications',
  '/account',
  '/audit',
  '/settings',
  '/nowhere',
]

const desk = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }

/** Turns a page around where it stands: from English at a desk to Persian on a phone, and back. */
async function turnAround(page: Page, to: 'en' | 'fa'): Promise<void> {
  await page.setViewportSize(desk)
  await page.locator('select:has(option[value=fa]):visible').selectOption(to)
  await page.locator(`html[lang=${to}]`).waitFor()
  if (to === 'fa') await page.setViewportSize(phone)
}

it('the sign-in page is usable, left to right at a desk and right to left on a phone', async () => {
  const page = await web.open('/')
  await page.locator('form').waitFor()
  await expectUsable(page)
  await turnAround(page, 'fa')
  await expectUsable(page)
})

/** Usable, and on a phone without a table that one must scroll sideways. */
async function expectFitting(page: Page, language: 'en' | 'fa'): Promise<void> {
  await expectUsable(page)
  const wider = `[...document.querySelectorAll('.wide')].filter((part) => part.scrollWidth > part.clientWidth).length`
  if (language === 'fa') expect(await page.evaluate(wider), page.url()).toBe(0)
}

/** Looks at pages in a tab of their own: each is loaded in one language and turned into the other. */
async function visit(paths: readonly string[]): Promise<void> {
  const page = await web.openAs('the-owner', '/')
  let language: 'en' | 'fa' = 'en'
  for (const path of paths) {
    await page.goto(path)
    await page.locator('h1, [role=alert]').first().waitFor()
    await expectFitting(page, language)
    language = language === 'en' ? 'fa' : 'en'
    await turnAround(page, language)
    await expectFitting(page, language)
  }
}

it('so is every page behind it', { timeout: 300_000 }, async () => {
  const isEven = (_path: string, index: number) => index % 2 === 0
  await Promise.all([visit(pages.filter(isEven)), visit(pages.filter((path, index) => !isEven(path, index)))])
})

it('dialogs and menus are usable, in light and dark', async () => {
  const page = await web.openAs('the-owner', '/bots?tab=new')
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await page.getByRole('dialog').waitFor()
  await expectUsable(page)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'More for' }).click()
  await page.getByRole('menu').waitFor()
  await expectUsable(page)
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'the-owner' }).click()
  await page.getByRole('menu').waitFor()
  await expectUsable(page)
})

it('the language is chosen on the page, turns it around at once, and is kept', async () => {
  const page = await web.openAs('the-owner', '/')
  await page.getByLabel('Language').selectOption('fa')
  await page.getByRole('heading', { name: 'نمای کلی' }).waitFor()
  expect(await page.locator('html').getAttribute('dir')).toBe('rtl')
  await page.reload()
  await page.getByRole('heading', { name: 'نمای کلی' }).waitFor()
})

it('the keyboard alone reaches the content, opens a bot and comes back', async () => {
  const page = await web.openAs('the-owner', '/bots?q=rose')
  await page.getByRole('link', { name: 'Rose' }).waitFor()
  await page.reload()
  await page.getByRole('link', { name: 'Rose' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
  await page.getByRole('link', { name: 'Rose' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Rose' }).waitFor()
  expect(await page.locator(':focus').textContent()).toBe('Rose')
})
