import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { chainAudit } from '../../../services/audit/chain-audit.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
  await web.shop.database.transaction(async (tx) => {
    await tx.query(
      `insert into audit_log (actor, source, action, target_kind, target_id)
       select 'user:past', 'api:10.0.0.1', 'bot.probe', 'bot', 'b' || n from generate_series(1, 130) n`,
    )
    // A row tells the time of its writing; these are made old before they are chained.
    await tx.query(`set local session_replication_role = 'replica'`)
    await tx.query(`update audit_log set at = at - interval '40 days' where action = 'bot.probe'`)
  })
})
afterAll(() => web.stop())
beforeEach(() => web.shop.database.query('delete from login_attempt'))
afterEach(() => expect(web.troubles()).toEqual([]))

it('the audit is narrowed by what is typed and by a click on what a row says, and pages on', async () => {
  const page = await web.openAs('the-owner', '/audit')
  const rows = page.getByRole('row')
  await rows.filter({ hasText: 'user.log_in' }).first().waitFor()
  await page.getByLabel('Action').fill('bot.probe')
  await rows.filter({ hasText: 'user.log_in' }).first().waitFor({ state: 'detached' })
  expect(await rows.count()).toBe(101)
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.getByRole('button', { name: 'b130', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' })
  expect(await rows.count()).toBe(131)
  await page.getByRole('button', { name: 'b7', exact: true }).click()
  await page.getByRole('button', { name: 'b8', exact: true }).waitFor({ state: 'detached' })
  expect(await page.getByLabel('On what').inputValue()).toBe('b7')
  expect(page.url()).toContain('target=b7')
})

it('people stand in the audit by their names, and are found by them', async () => {
  const page = await web.openAs('the-owner', '/audit?action=user.log_in')
  await page.getByRole('cell', { name: 'the-owner user' }).first().waitFor()
  await page.getByLabel('On what').fill('nobody-of-this-name')
  await page.getByText('Nothing fits').waitFor()
  await page.getByLabel('On what').fill('the-owner')
  await page.getByRole('cell', { name: 'the-owner user' }).first().waitFor()
})

it('the audit is narrowed by time, and what fits is taken away as a file', async () => {
  const page = await web.openAs('the-owner', '/audit')
  const monthAgo = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 16)
  await page.getByRole('row', { name: 'user.log_in' }).first().waitFor()
  await page.getByLabel('Before').fill(monthAgo)
  await page.getByRole('row', { name: 'user.log_in' }).first().waitFor({ state: 'detached' })
  await page.getByRole('row', { name: 'bot.probe' }).first().waitFor()
  await page.getByRole('button', { name: 'Export' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'As a table (CSV)' }).click()
  const file = await saved
  expect(file.suggestedFilename()).toBe('audit.csv')
  const lines = readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\n')
  expect(lines.filter((line) => line.includes('bot.probe'))).toHaveLength(130)
  expect(lines.filter((line) => line.includes('user.log_in'))).toEqual([])
})

it('the chain is found whole, its head is kept, and a row that was changed later is named', async () => {
  const { database } = web.shop
  const page = await web.openAs('the-owner', '/audit?target=b9')
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Verify the chain' }).click()
  await dialog.getByText('none changed or missing').waitFor()
  const head = (await dialog.getByText(/^\d+:[0-9a-f]{64}$/).textContent()) ?? ''
  await expectUsable(page)
  await dialog.getByRole('textbox', { name: 'A head that was noted earlier' }).fill(head)
  await dialog.getByRole('button', { name: 'Verify the chain' }).click()
  await dialog.getByText('none changed or missing').waitFor()

  await chainAudit(database)
  await database.transaction(async (tx) => {
    await tx.query(`set local session_replication_role = 'replica'`)
    await tx.query(`update audit_log set actor = 'user:other' where target_id = 'b9'`)
  })
  await dialog.getByRole('button', { name: 'Verify the chain' }).click()
  await dialog.getByText('1 entry was changed or is missing').waitFor()
  await dialog.getByRole('row').getByText('Changed').waitFor()
  await dialog.getByRole('textbox', { name: 'A head that was noted earlier' }).fill('nonsense')
  await dialog.getByRole('button', { name: 'Verify the chain' }).click()
  await dialog.getByText('is no anchor').waitFor()
  await expectUsable(page)
})

it('the settings of the server are shown and found by name', async () => {
  const page = await web.openAs('the-owner', '/settings')
  await page.getByRole('row', { name: 'SERVERNAME' }).getByText('server1').waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).fill('public_')
  await page.getByRole('row', { name: 'SERVERNAME' }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: 'PUBLIC_URL' }).waitFor()
})
