import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner', 'viewer'])
})
afterAll(() => web.stop())
beforeEach(async () => {
  const { database } = web.shop
  await database.query('delete from login_attempt')
  await database.query('delete from outbox_message')
  await database.query(
    `insert into outbox_message (tenant_id, platform, chat_id, kind, reference, state, attempts, last_error, payload, ended_at)
     values
       ('master', 'telegram', '4711', 'low_stock', 'one', 'dead', 5, 'chat <b>not</b> found', '{"product":"Rose"}', now()),
       ('agent:t1', 'telegram', '4712', 'bot_down', 'two', 'dead', 5, 'blocked', '{}', now()),
       ('agent:t1', 'telegram', '4712', 'bot_back', 'three', 'queued', 0, null, '{}', null),
       ('agent:t1', 'telegram', '4712', 'expiring', 'four', 'sent', 1, null, '{}', now())`,
  )
})
afterEach(() => expect(web.troubles()).toEqual([]))

const states = async () => {
  const { rows } = await web.shop.database.query<{ line: string }>(
    `select reference || ' ' || state as line from outbox_message order by id`,
  )
  return rows.map(({ line }) => line)
}

it('what is not delivered is listed with why, one is shown whole, and delivered again from there', async () => {
  const page = await web.openAs('the-owner', '/notifications')
  const row = page.getByRole('row', { name: 'low_stock' })
  await row.getByText('chat <b>not</b> found').waitFor()
  expect(await page.getByRole('row', { name: 'expiring' }).count()).toBe(0)
  await expectUsable(page)
  await row.getByRole('button', { name: 'low_stock' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('"product": "Rose"').waitFor()
  await expectUsable(page)
  await dialog.getByRole('button', { name: 'Deliver again' }).click()
  await page.getByText('1 notification waits again').waitFor()
  await dialog.getByText('Waits', { exact: true }).waitFor()
  expect(await states()).toEqual(['one queued', 'two dead', 'three queued', 'four sent'])
})

it('what comes to nothing meanwhile is there by itself', async () => {
  const page = await web.openAs('the-owner', '/notifications')
  await page.getByRole('row', { name: 'bot_down' }).waitFor()
  await web.shop.database.query(
    `update outbox_message set state = 'dead', last_error = 'the shop is gone' where reference = 'three'`,
  )
  await page.getByRole('row', { name: 'bot_back' }).getByText('the shop is gone').waitFor()
})

it('some are chosen and given up after a question; what cannot be done with all of them is not offered', async () => {
  const page = await web.openAs('the-owner', '/notifications')
  await page.getByRole('row', { name: 'bot_down' }).getByRole('checkbox').check()
  const chosen = page.getByRole('region', { name: 'The chosen notifications' })
  await chosen.getByRole('button', { name: 'Deliver again' }).waitFor()
  await page.getByRole('row', { name: 'bot_back' }).getByRole('checkbox').check()
  await chosen.getByRole('button', { name: 'Deliver again' }).waitFor({ state: 'detached' })
  await chosen.getByRole('button', { name: 'Give up' }).click()
  await page.getByRole('dialog', { name: 'Give 2 notifications up' }).getByRole('button', { name: 'Give up' }).click()
  await page.getByRole('row', { name: 'bot_down' }).waitFor({ state: 'detached' })
  expect(await states()).toEqual(['one dead', 'two dropped', 'three dropped', 'four sent'])
})

it('all that came to nothing and fits is delivered again at once', async () => {
  const page = await web.openAs('the-owner', '/notifications?shop=t1')
  await page.getByRole('row', { name: 'low_stock' }).waitFor({ state: 'detached' })
  await page.getByLabel('State').selectOption('dead')
  await page.getByRole('button', { name: 'Deliver all again' }).click()
  const dialog = page.getByRole('dialog')
  await expectUsable(page)
  await dialog.getByRole('button', { name: 'Deliver again' }).click()
  await page.getByText('1 notification waits again').waitFor()
  await page.getByText('Nothing fits the search.').waitFor()
  expect(await states()).toEqual(['one dead', 'two queued', 'three queued', 'four sent'])
})

it('who may not read notifications has no page of them', async () => {
  const page = await web.openAs('the-viewer', '/notifications')
  await page.getByText('You may not see this.').waitFor()
  expect(await page.getByRole('link', { name: 'Notifications' }).count()).toBe(0)
})
