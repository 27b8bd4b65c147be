/** What pages know of the server that shows them: how long its months are, and where the demo's chat is. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { parseSettings } from '../../../domain/settings.ts'
import { startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  const settings = parseSettings({ DAYS_PER_MONTH: '31' })
  web = await startWeb(['owner'], { settings, sandboxUrl: 'http://127.0.0.1:8090/chat' })
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ('new1', 'master', 'whatsapp', 'Rose', '+491701234561', 'server1', 'test')`,
  )
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

it('a period is as long as DAYS_PER_MONTH says', async () => {
  const page = await web.openAs('the-owner', '/bots?tab=new')
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: '3 months (93 days)' }).check()
  const end = new Date(Date.now() + 93 * 86_400_000)
  await dialog.getByText(new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(end)).waitFor()
  await dialog.getByRole('button', { name: 'Approve' }).click()
  await dialog.waitFor({ state: 'detached' })
  const { rows } = await web.shop.database.query<{ days: number }>(
    'select round(extract(epoch from expires_at - now()) / 86400)::int as days from instance',
  )
  expect(rows).toEqual([{ days: 93 }])
})

it('the menu leads to the chat of the demo in another tab', async () => {
  const page = await web.openAs('the-agent', '/')
  const link = page.getByRole('link', { name: 'Sandbox chat' })
  expect(await link.getAttribute('href')).toBe('http://127.0.0.1:8090/chat')
  expect(await link.getAttribute('target')).toBe('_blank')
})
