import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner', 'viewer'])
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

/** A bot of the master; what is not said is as of a new WhatsApp bot. */
async function addBot(id: string, values: Record<string, unknown> = {}): Promise<void> {
  const row = {
    id,
    tenant_id: 'master',
    platform: 'whatsapp',
    name: `Shop ${id}`,
    phone_number: `+4917${String(Math.random()).slice(2, 11)}`,
    server_name: 'server1',
    created_by: 'test',
    ...values,
  }
  const names = Object.keys(row)
  await web.shop.database.query(
    `insert into instance (${names.join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')})`,
    Object.values(row),
  )
}

const days = (n: number) => new Date(Date.now() + n * 86_400_000)
const approved = (n: number) => ({
  status: 'approved',
  desired: 'running',
  duration_months: 1,
  approved_at: days(n - 30),
  expires_at: days(n),
})

it('a WhatsApp bot is created, asked to pair, approved for three months, renewed, stopped and deleted', async () => {
  const page = await web.openAs('the-owner', '/bots')
  await page.getByRole('link', { name: 'Create Bot' }).click()
  await page.getByRole('radio', { name: 'WhatsApp' }).check()
  await page.getByLabel('WhatsApp number').fill('+491701234567')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Name').fill('Ada & <b>Sons</b>')
  await page.getByRole('button', { name: 'Create Bot' }).click()
  await page.getByRole('heading', { name: 'Ada & <b>Sons</b>' }).waitFor()
  expect(page.url()).toMatch(/\?tab=pairing$/)
  await page.getByText('Pending Approval').waitFor()
  await page.getByRole('button', { name: 'Ask for a code', exact: true }).click()
  await page.getByText('The code was asked for; a worker starts.').waitFor()

  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: '3 months (90 days)' }).check()
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(days(90))
  await dialog.getByText(day).waitFor()
  await dialog.getByLabel('Paid', { exact: true }).fill('25.50')
  await dialog.getByRole('button', { name: 'Approve' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('Active', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Periods' }).click()
  await page.getByRole('cell', { name: '25.5 USDT' }).waitFor()

  await page.getByRole('button', { name: 'More for' }).click()
  await page.getByRole('menuitem', { name: 'Renew' }).click()
  await dialog.getByRole('radio', { name: '1 month (30 days)' }).check()
  await dialog.getByRole('button', { name: 'Renew' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row').nth(2).waitFor()

  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Start' }).waitFor()
  const { rows } = await web.shop.database.query<{ id: string; desired: string; months: number }>(
    `select id, desired, round(extract(epoch from expires_at - now()) / 86400 / 30)::int as months from instance`,
  )
  expect(rows).toMatchObject([{ desired: 'stopped', months: 4 }])

  await page.getByRole('button', { name: 'More for' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
  await dialog.getByLabel('Type').fill(rows[0]?.id ?? '')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No bot is approved yet.').waitFor()
})

it('each section shows its bots with the badges of seed 004, and search and platform narrow them', async () => {
  await addBot('new1')
  await addBot('run1', approved(20))
  await addBot('run2', {
    ...approved(20),
    name: 'Rose',
    platform: 'telegram',
    platform_bot_id: '42',
    phone_number: null,
  })
  await addBot('exp1', { ...approved(-1), status: 'expired', desired: 'stopped' })
  await addBot('bad1', { ...approved(20), state: 'logged_out', last_error: 'the phone has unlinked this device' })
  const page = await web.openAs('the-owner', '/bots?tab=new')
  await page.getByRole('row', { name: 'Shop new1' }).getByText('Pending Approval').waitFor()
  await page.getByRole('tab', { name: 'Expired' }).click()
  await page.getByRole('row', { name: 'Shop exp1' }).getByText('Expired - Payment Required').waitFor()
  await page.getByRole('button', { name: 'Renew/Pay' }).waitFor()
  await page.getByRole('tab', { name: 'Problems' }).click()
  await page.getByRole('row', { name: 'Shop bad1' }).getByText('the phone has unlinked this device').waitFor()
  await page.getByRole('tab', { name: 'Approved' }).click()
  await page.getByRole('row', { name: 'Shop run1' }).getByText('Active').waitFor()
  await page.getByLabel('Search').fill('ros')
  await page.getByRole('row', { name: 'Shop run1' }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: 'Rose' }).waitFor()
  await page.getByLabel('Platform').selectOption('whatsapp')
  await page.getByText('Nothing fits the search.').waitFor()
  await page.reload()
  await page.getByText('Nothing fits the search.').waitFor()
})

it('a state that changes elsewhere is seen without a touch', async () => {
  await addBot('live1', { ...approved(20), name: 'Lively' })
  const page = await web.openAs('the-owner', '/bots?q=lively')
  const row = page.getByRole('row', { name: 'Lively' })
  await row.getByText('Stopped').waitFor()
  await web.shop.database.query(`update instance set state = 'running' where id = 'live1'`)
  await row.getByText('Running').waitFor({ timeout: 4_000 })
})

it('several bots are stopped at once; one that refuses is named and the others go on', async () => {
  for (const id of ['many1', 'many2', 'many3']) await addBot(id, { ...approved(20), name: `Many ${id}` })
  const page = await web.openAs('the-owner', '/bots?q=many')
  await page.getByRole('checkbox', { name: 'Choose all' }).check()
  await page.getByText('3 chosen').waitFor()
  await web.shop.database.query(`update instance set status = 'expired' where id = 'many2'`)
  const bar = page.getByRole('region', { name: 'The chosen bots' })
  await bar.getByRole('button', { name: 'Restart' }).click()
  await page.getByText('2 bots took it').waitFor()
  await page.getByText('many2 is expired').waitFor()
})

it('a viewer sees the bots and nothing to do with them', async () => {
  await addBot('seen1', { ...approved(20), name: 'Seen' })
  const page = await web.openAs('the-viewer', '/bots?q=seen')
  const row = page.getByRole('row', { name: 'Seen' })
  await row.waitFor()
  expect(await row.getByRole('button').count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Create Bot' }).count()).toBe(0)
})

it('a change of what somebody else has changed meanwhile is refused, and the page offers to load it anew', async () => {
  await addBot('edit1', { ...approved(20), name: 'Edited' })
  const page = await web.openAs('the-owner', '/bots/edit1?tab=settings')
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Save' }) })
  await form.getByLabel('Messages a second').fill('3')
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
  await form.getByLabel('Messages a second').fill('4')
  const shownAnew = page.waitForResponse(
    (answer) => answer.request().method() === 'GET' && answer.url().endsWith('/api/instances/edit1'),
  )
  await form.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => rateOf('edit1')).toBe(4)
  await shownAnew

  await form.getByLabel('Messages a second').fill('5')
  await web.shop.database.query(`update instance set name = 'Changed elsewhere' where id = 'edit1'`)
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('somebody changed this meanwhile').waitFor()
  expect(await rateOf('edit1')).toBe(4)
  await page.getByRole('button', { name: 'Load it anew' }).click()
  await page.getByRole('heading', { name: 'Changed elsewhere' }).waitFor()
})

async function rateOf(id: string): Promise<number | undefined> {
  const { rows } = await web.shop.database.query<{ rate: number }>(
    'select rate_limit_rps::int as rate from instance where id = $1',
    [id],
  )
  return rows[0]?.rate
}

it('a bot is created for an agent and for another server by what there is of both', async () => {
  const { shop } = web
  await shop.database.query(`insert into server (name) values ('server2') on conflict do nothing`)
  await shop.admin('POST', '/api/agents', { id: 'bea', name: 'Bea', phone_number: '+491701230019' })
  const page = await web.openAs('the-owner', '/bots/new')
  await page.getByRole('radio', { name: 'WhatsApp' }).check()
  await page.getByLabel('WhatsApp number').fill('+491701234599')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Name').fill('Elsewhere')
  await page.locator('datalist option[value=bea]').waitFor({ state: 'attached' })
  await page.getByRole('combobox', { name: 'Shop' }).fill('bea')
  await page.getByRole('combobox', { name: 'Server' }).selectOption('server2')
  await expectUsable(page)
  await page.getByRole('button', { name: 'Create Bot' }).click()
  await page.getByRole('heading', { name: 'Elsewhere' }).waitFor()
  const { rows } = await shop.database.query(`select tenant_id, server_name from instance where name = 'Elsewhere'`)
  expect(rows).toEqual([{ tenant_id: 'agent:bea', server_name: 'server2' }])
})

it('a bot is handed over to another server, to one that is away only when that is meant', async () => {
  await addBot('mover', approved(20))
  await web.shop.database.query(`insert into server (name) values ('server2') on conflict do nothing`)
  const page = await web.openAs('the-owner', '/bots/mover')
  await page.getByRole('button', { name: 'More for' }).click()
  await page.getByRole('menuitem', { name: 'Move' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Server' }).selectOption('server2')
  await expectUsable(page)
  await dialog.getByRole('button', { name: 'Move' }).click()
  await dialog.getByText('is not running').waitFor()
  await dialog.getByRole('switch').check()
  await dialog.getByRole('button', { name: 'Move' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('server2').waitFor()
})

it('a menu gives the focus back to its button, and none that cannot be loaded breaks the page', async () => {
  await addBot('menus', approved(20))
  const page = await web.openAs('the-owner', '/bots/menus')
  const more = page.getByRole('button', { name: 'More for' })
  await page.route('**/assets/drop-menu*', (route) => route.abort())
  await more.focus()
  await page.keyboard.press('Enter')
  await page.getByText('The server does not answer').waitFor()
  await page.unroute('**/assets/drop-menu*')
  await page.reload()
  await more.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menu').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'detached' })
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('More for Shop menus')
})
