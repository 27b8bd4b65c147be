import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
const logFolder = mkdtempSync(join(tmpdir(), 'botfleet-panel-logs-'))
const file = join(logFolder, 'server1', 'rose.log')
const write = (level: string, msg: string) =>
  appendFileSync(file, `${JSON.stringify({ level, time: new Date().toISOString(), msg, event: 'a test' })}\n`)

beforeAll(async () => {
  web = await startWeb(['owner'], { logFolder })
  await web.shop.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ('rose', 'master', 'whatsapp', 'Rose', '+491701234567', 'server1', 'test')`,
  )
  mkdirSync(join(logFolder, 'server1'))
})
afterAll(async () => {
  await web.stop()
  rmSync(logFolder, { recursive: true, force: true })
})
afterEach(() => expect(web.troubles()).toEqual([]))

it('a log is read, followed as it is written, searched, narrowed by level, and goes back', async () => {
  for (let n = 1; n <= 300; n += 1) write('info', `line number ${n}.`)
  const page = await web.openAs('the-owner', '/bots/rose?tab=log')
  await page.getByText('line number 300.').waitFor()
  expect(await page.getByText('line number 50.').count()).toBe(0)
  await page.getByRole('button', { name: 'Older lines' }).click()
  await page.getByText('line number 50.').waitFor()
  await page.getByText('line number 300.').waitFor()

  write('error', 'something <b>broke</b>')
  await page.getByText('something <b>broke</b>').waitFor({ timeout: 5_000 })
  await expectUsable(page)
  await page.getByLabel('Level, and graver').selectOption('error')
  await page.getByText('line number 300.').waitFor({ state: 'detached' })
  await page.getByText('something <b>broke</b>').waitFor()
  await page.getByLabel('Level, and graver').selectOption('trace')
  await page.getByLabel('Search').fill('number 77.')
  await page.getByText('line number 77.').waitFor()
  await page.getByText('something <b>broke</b>').waitFor({ state: 'detached' })
})
