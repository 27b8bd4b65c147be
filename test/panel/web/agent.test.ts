/** The panel as an agent has it: every page that it is offered works with an agent's rights. */
import type { Response } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { parseSettings } from '../../../domain/settings.ts'
import { type Sandbox, startSandbox } from '../../../sandbox/start-sandbox.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let telegram: Sandbox
let web: Web
beforeAll(async () => {
  telegram = await startSandbox()
  web = await startWeb([], { settings: parseSettings({ TELEGRAM_API_ROOT: telegram.apiRoot }) })
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ('own1', 'agent:t1', 'whatsapp', 'Rose', '+491701234561', 'server1', 'test')`,
  )
})
afterAll(async () => {
  await web.stop()
  await telegram.stop()
})
afterEach(() => expect(web.troubles()).toEqual([]))

it('no page that an agent is offered asks for what an agent may not', async () => {
  const page = await web.openAs('the-agent', '/')
  const refused: string[] = []
  page.on('response', (response: Response) => {
    if (response.status() >= 400) refused.push(`${page.url()}: ${response.status()} ${response.url()}`)
  })
  await page.locator('nav a').first().waitFor()
  const links = await Promise.all((await page.locator('nav a').all()).map((link) => link.getAttribute('href')))
  const offered = links.flatMap((href) => (href?.startsWith('/') === true ? [href] : []))
  expect(offered).toContain('/shop')
  const tabs = ['now', 'pairing', 'log', 'history', 'periods', 'settings'].map((tab) => `/bots/own1?tab=${tab}`)
  for (const path of [...offered, '/account', '/bots?tab=new', ...tabs]) {
    await page.goto(path, { waitUntil: 'networkidle' })
    await page.locator('h1').first().waitFor()
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
  }
  expect(refused).toEqual([])
})

it('an agent sets up a bot of its own by its token, checks it again, and deletes it', async () => {
  const page = await web.openAs('the-agent', '/bots')
  await page.getByRole('link', { name: 'My own bot' }).click()
  await page.getByRole('heading', { name: 'My own bot' }).waitFor()
  await expectUsable(page)
  const token = page.getByLabel(/^Bot token/)
  await token.fill('424242:a-token-that-nobody-has')
  await page.getByRole('button', { name: 'Set it up' }).click()
  await page.getByText('Telegram refuses').waitFor()
  await token.fill(telegram.createBot({ name: 'Own', username: 'own_shop_bot' }).token)
  await page.getByRole('button', { name: 'Set it up' }).click()
  await page.getByText('@own_shop_bot').waitFor()
  await page.getByText('Pending Approval').waitFor()
  await page.getByRole('button', { name: 'Check the token again' }).click()
  await page.getByText('Telegram knows this bot').waitFor()
  await expectUsable(page)
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Set it up' }).waitFor()
})
