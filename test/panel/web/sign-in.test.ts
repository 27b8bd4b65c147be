import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { expectUsable, signIn, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner', 'viewer'])
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

it('who signs in for the first time is told the first steps, and is not once there is a bot', async () => {
  const page = await web.openAs('the-owner', '/')
  await page.getByText('First steps').waitFor()
  await expectUsable(page)
  await page.getByRole('link', { name: 'Create a bot' }).click()
  await page.getByRole('radio', { name: 'WhatsApp' }).check()
  await page.getByLabel('WhatsApp number').fill('+491701234588')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Name').fill('First')
  await page.getByRole('button', { name: 'Create Bot' }).click()
  await page.getByRole('heading', { name: 'First' }).waitFor()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'These need somebody' }).waitFor()
  await page.getByText('First steps').waitFor({ state: 'detached' })
})

it('who is not signed in signs in and comes out at the address that was asked for', async () => {
  const page = await web.open('/bots?tab=expired')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(page, 'the-owner')
  await page.getByRole('tab', { name: 'Expired', selected: true }).waitFor()
  expect(page.url()).toBe(`${web.panel.url}/bots?tab=expired`)
})

it('a wrong password and an unknown user read the same sentence', async () => {
  const page = await web.open('/')
  for (const [username, password] of [
    ['the-owner', 'not the password'],
    ['nobody', 'not the password'],
  ] as const) {
    await page.getByLabel('Username').fill(username)
    await page.getByLabel('Password', { exact: false }).first().fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('The username, the password or the code is wrong.').waitFor()
  }
})

it('a session that ended asks to sign in again above the page, which stays as it was', async () => {
  const page = await web.openAs('the-owner', '/bots/new')
  await page.getByRole('radio', { name: 'WhatsApp' }).check()
  await page.getByLabel('WhatsApp number').fill('+491701234599')
  await web.shop.database.query('delete from user_session')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Name').fill('Kept')
  await page.getByRole('button', { name: 'Create Bot' }).click()
  await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
  await signIn(page, 'the-owner')
  expect(await page.getByLabel('Name').inputValue()).toBe('Kept')
  await page.getByRole('button', { name: 'Create Bot' }).click()
  await page.getByRole('heading', { name: 'Kept' }).waitFor()
})

it('somebody else who signs in then sees nothing that the first one had loaded', async () => {
  const page = await web.openAs('the-owner', '/people')
  await page.getByRole('cell', { name: 'the-operator', exact: true }).waitFor()
  await web.shop.database.query('delete from user_session')
  await page.getByRole('link', { name: 'Servers' }).click()
  await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
  await page.goBack()
  await signIn(page, 'the-viewer')
  await page.getByRole('button', { name: 'the-viewer' }).waitFor()
  await page.getByText('You may not see this.').waitFor()
  expect(await page.getByRole('cell', { name: 'the-operator', exact: true }).count()).toBe(0)
  expect(await page.getByRole('link', { name: 'People' }).count()).toBe(0)
})

it('signing out ends the session, here and on the server', async () => {
  const page = await web.openAs('the-viewer', '/')
  await page.getByRole('button', { name: 'the-viewer' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const answer = await page.request.get('/api/me')
  expect(answer.status()).toBe(401)
})

it('who cannot sign in is told where the first owner comes from, and how long to wait after many attempts', async () => {
  const page = await web.open('/')
  await page.getByRole('button', { name: 'Here for the first time?' }).click()
  await page.getByText('ADMIN_USERNAME').waitFor()
  await expectUsable(page)
  await page.getByLabel('Username').fill('the-viewer')
  await page.getByLabel('Password', { exact: false }).first().fill('not the password')
  const wait = page.getByRole('alert').getByText(/^Too many attempts. Try again in \d+ (?:secs?|mins?)/)
  const wrong = page.getByRole('alert').getByText('The username, the password or the code is wrong.')
  for (let attempts = 0; attempts < 20 && (await wait.count()) === 0; attempts += 1) {
    const answered = page.waitForResponse('**/api/login')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await answered
    await wait.or(wrong).waitFor()
  }
  await wait.waitFor()
})
