import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Database } from '../../../db/database.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { runPanel } from '../panel-fixture.ts'
import { signIn, startWeb, type Web } from './web-fixture.ts'

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

const rose = (page: Page) => page.getByRole('row', { name: 'Rose' })

it('while the database is away the page says so and recovers by itself', async () => {
  const { proxy, url } = await TcpProxy.toDatabase(web.shop.url)
  const database = Database.open(url, { applicationName: 'panel behind a proxy', queryTimeoutMs: 2_000 })
  const panel = await runPanel(database)
  try {
    const page = await web.open(`${panel.url}/bots`)
    await signIn(page, 'the-owner')
    await rose(page).waitFor()
    proxy.cut()
    await page.getByText('The server cannot reach its database').waitFor({ timeout: 40_000 })
    proxy.heal()
    await page.getByText('What you see may be old.').waitFor({ state: 'detached' })
    await rose(page).waitFor()
  } finally {
    await panel.stop()
    await database.close()
    await proxy.stop()
  }
})

it('what was asked for without a network fails at once and is not sent when the network is back', async () => {
  const page = await web.openAs('the-owner', '/bots')
  await rose(page).waitFor()
  await page.context().setOffline(true)
  await rose(page).getByRole('button', { name: 'Stop' }).click()
  await page.getByText('The server does not answer').first().waitFor()
  await page.context().setOffline(false)
  await page.getByText('What you see may be old.').waitFor({ state: 'detached' })
  await rose(page).getByRole('button', { name: 'Stop' }).waitFor()
  const { rows } = await web.shop.database.query(`select desired from instance where id = 'bot1'`)
  expect(rows).toEqual([{ desired: 'running' }])
})

it('a change whose answer was lost is repeated without happening twice', async () => {
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ('bot2', 'master', 'whatsapp', 'Lily', '+491701234568', 'server1', 'test')`,
  )
  const page = await web.openAs('the-owner', '/bots?tab=new')
  let lost = false
  await page.route('**/approve', async (route) => {
    if (lost) return route.continue()
    lost = true
    await route.fetch()
    return route.abort()
  })
  await page.getByRole('button', { name: 'Approve' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Approve' }).click()
  await dialog.getByText('It is not known whether this was done').waitFor()
  await dialog.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Approved: it starts').waitFor()
  const { rows } = await web.shop.database.query(`select kind from subscription_period where instance_id = 'bot2'`)
  expect(rows).toEqual([{ kind: 'approve' }])
})

it('while the server is away the page says so, sends nothing later, and recovers by itself', async () => {
  const page = await web.openAs('the-owner', '/bots')
  await rose(page).waitFor()
  await web.panel.stop()
  await rose(page).getByRole('button', { name: 'Stop' }).click()
  await page.getByText('The server does not answer').first().waitFor()
  await page.getByText('It is not known whether this was done').waitFor()
  const again = await runPanel(web.shop.database, { port: web.panel.port })
  try {
    await page.getByText('What you see may be old.').waitFor({ state: 'detached' })
    await rose(page).waitFor()
    const { rows } = await web.shop.database.query(`select desired from instance where id = 'bot1'`)
    expect(rows).toEqual([{ desired: 'running' }])
  } finally {
    await again.stop()
  }
})
