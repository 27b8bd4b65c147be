import { afterAll, beforeAll, expect, it } from 'vitest'
import { runPanel } from '../panel-fixture.ts'
import { startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by, status, desired,
       duration_months, approved_at, expires_at)
     values ('bot1', 'master', 'whatsapp', 'Rose', '+491701234567', 'server1', 'test', 'approved', 'running', 1, now(),
       now() + interval '30 days')`,
  )
})
afterAll(() => web.stop())

it('while the server is away the page says so, sends nothing later, and recovers by itself', async () => {
  const page = await web.openAs('the-owner', '/bots')
  await page.getByRole('row', { name: 'Rose' }).waitFor()
  await web.panel.stop()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('The server does not answer').first().waitFor()
  await page.getByText('It is not known whether this was done').or(page.getByText('This was refused')).first().waitFor()
  const again = await runPanel(web.shop.database, { port: web.panel.port })
  try {
    await page.getByText('What you see may be old.').waitFor({ state: 'detached' })
    await page.getByRole('row', { name: 'Rose' }).waitFor()
    const { rows } = await web.shop.database.query(`select desired from instance`)
    expect(rows).toEqual([{ desired: 'running' }])
  } finally {
    await again.stop()
  }
})
