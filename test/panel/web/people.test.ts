import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { addPerson, goodPassword } from '../../services/people/people-fixture.ts'
import { startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner', 'viewer'])
})
afterAll(() => web.stop())
beforeEach(() => web.shop.database.query('delete from login_attempt'))
afterEach(() => expect(web.troubles()).toEqual([]))

it('a person is made, signs in elsewhere, and is signed out there when they are disabled', async () => {
  const page = await web.openAs('the-owner', '/people')
  await page.getByRole('button', { name: 'New person' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Username').fill('newcomer')
  await dialog.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await dialog.getByLabel('Role').selectOption('viewer')
  await dialog.getByRole('button', { name: 'New person' }).click()
  await page.getByRole('row', { name: 'newcomer' }).waitFor()
  const theirs = await web.openAs('newcomer', '/bots')
  await page.getByRole('button', { name: 'More for newcomer' }).click()
  await page.getByRole('menuitem', { name: 'Disable' }).click()
  await dialog.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('row', { name: 'newcomer' }).getByText('Disabled').waitFor()
  await theirs.getByRole('tab', { name: 'Expired' }).click()
  await theirs.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
})

it('a role is changed, an agent gets its shop, and the last owner stays one', async () => {
  await addPerson(web.shop.database, 'mover', 'viewer')
  const page = await web.openAs('the-owner', '/people?q=mover')
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'More for mover' }).click()
  await page.getByRole('menuitem', { name: 'Change the role' }).click()
  expect(await dialog.getByLabel('Shop').count()).toBe(0)
  await dialog.getByLabel('Role').selectOption('agent')
  await dialog.getByLabel('Shop').fill('agent:t1')
  await dialog.getByRole('button', { name: 'Change the role' }).click()
  await page.getByRole('row', { name: 'mover' }).getByText('agent:t1').waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).fill('the-owner')
  await page.getByRole('button', { name: 'More for the-owner' }).click()
  await page.getByRole('menuitem', { name: 'Change the role' }).click()
  await dialog.getByLabel('Role').selectOption('viewer')
  await dialog.getByRole('button', { name: 'Change the role' }).click()
  await dialog.getByRole('alert').waitFor()
})

it('a lost second factor is taken away and the sessions of its person are ended', async () => {
  const id = await addPerson(web.shop.database, 'loser', 'viewer')
  await web.shop.database.query(
    `insert into user_totp (user_id, key_id, sealed, confirmed_at) values ($1, 'a key', 'sealed', now())`,
    [id],
  )
  const page = await web.openAs('the-owner', '/people?q=loser')
  await page.getByRole('row', { name: 'loser' }).getByText('Yes').waitFor()
  await page.getByRole('button', { name: 'More for loser' }).click()
  await page.getByRole('menuitem', { name: 'Take the second factor away' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take the second factor away' }).click()
  await page.getByRole('row', { name: 'loser' }).getByText('No', { exact: true }).waitFor()
  const theirs = [await web.openAs('loser', '/bots'), await web.openAs('loser', '/bots')]
  await page.getByRole('button', { name: 'More for loser' }).click()
  await page.getByRole('menuitem', { name: 'Sessions' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End all' }).click()
  await page.getByRole('dialog').getByText('Nobody is signed in.').waitFor()
  for (const one of theirs) {
    await one.getByRole('tab', { name: 'Expired' }).click()
    await one.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
  }
})

it('an admin sees people, their sessions and tokens, and is offered to change none of them', async () => {
  await web.shop.by.operator('POST', '/api/tokens', { name: 'of the operator' })
  const page = await web.openAs('the-admin', '/people')
  await page.getByRole('button', { name: 'More for the-operator' }).click()
  expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Sessions'])
  await page.getByRole('menuitem').click()
  await page.getByRole('dialog').getByRole('cell', { name: 'api:127.0.0.1' }).first().waitFor()
  expect(await page.getByRole('dialog').getByRole('button', { name: 'End' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  expect(await page.getByRole('button', { name: 'New person' }).count()).toBe(0)
  await page.getByRole('tab', { name: 'API tokens' }).click()
  await page.getByRole('row', { name: 'of the operator' }).waitFor()
  expect(await page.getByRole('row', { name: 'of the operator' }).getByRole('button').count()).toBe(0)
})

it('a token is shown once, does what it was given and no more, and ends when it is revoked', async () => {
  const page = await web.openAs('the-owner', '/people?tab=tokens')
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('nightly report')
  await dialog.getByLabel('Speaks for').selectOption('the-operator')
  expect(await dialog.getByRole('checkbox', { name: 'user.manage' }).count()).toBe(0)
  await dialog.getByLabel('Lasts').selectOption('7')
  await dialog.getByRole('checkbox', { name: 'instance.read', exact: true }).check()
  await dialog.getByRole('button', { name: 'New token' }).click()
  const token = (await dialog.getByText(/^bfl_/).textContent())?.trim() ?? ''
  await dialog.getByRole('button', { name: 'I have kept them' }).click()
  const ask = (path: string) => fetch(web.panel.url + path, { headers: { authorization: `Bearer ${token}` } })
  expect((await ask('/api/instances')).status).toBe(200)
  expect((await ask('/api/orders')).status).toBe(403)
  await page.reload()
  const row = page.getByRole('row', { name: 'nightly report' })
  await row.getByText('instance.read').waitFor()
  await row.getByText('the-operator').waitFor()
  await row.getByText('127.0.0.1').waitFor()
  expect(await page.getByText(token).count()).toBe(0)
  await row.getByRole('button', { name: 'Revoke' }).click()
  await dialog.getByRole('button', { name: 'Revoke' }).click()
  await row.waitFor({ state: 'detached' })
  await page.getByRole('switch', { name: 'Ended ones, too' }).check()
  await row.getByText('Revoked').waitFor()
  expect((await ask('/api/instances')).status).toBe(401)
})
