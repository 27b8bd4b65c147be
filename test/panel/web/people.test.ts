import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { totpCode, totpCounter } from '../../../domain/totp.ts'
import { goodPassword } from '../../services/people/people-fixture.ts'
import { startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner', 'viewer'])
})
afterAll(() => web.stop())
beforeEach(() => web.shop.database.query('delete from login_attempt'))
afterEach(() => expect(web.troubles()).toEqual([]))

it('a second factor is set up with an authenticator, asked for at the next sign-in, and replaced by a recovery code', async () => {
  const page = await web.openAs('the-viewer', '/account')
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await dialog.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
  const secret = (await page.getByText('Or type it by hand:').locator('bdi').textContent()) ?? ''
  await page.getByLabel('Code', { exact: false }).last().fill(codeOf(secret))
  await page.getByRole('button', { name: 'Confirm' }).click()
  const codes = ((await page.locator('pre').textContent()) ?? '').split('\n')
  expect(codes).toHaveLength(10)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 recovery codes are left.').waitFor()

  const other = await web.open('/')
  await other.getByLabel('Username').fill('the-viewer')
  await other.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByLabel('Code', { exact: false }).fill('000000')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByText('The code is wrong, or was used already.').waitFor()
  await other.getByLabel('Code', { exact: false }).fill(codes[0] ?? '')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByRole('heading', { name: 'Overview' }).waitFor()
})

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** What an authenticator shows for a secret now. */
function codeOf(secret: string): string {
  const bits = Array.from(secret, (sign) => base32.indexOf(sign).toString(2).padStart(5, '0')).join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  return totpCode(Uint8Array.from(bytes), totpCounter(Date.now()))
}

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

it('a token is shown once, does what it was given and no more, and ends when it is revoked', async () => {
  const page = await web.openAs('the-owner', '/people?tab=tokens')
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('nightly report')
  await dialog.getByRole('checkbox', { name: 'instance.read', exact: true }).check()
  await dialog.getByRole('button', { name: 'New token' }).click()
  const token = (await page.getByText(/^bfl_/).textContent())?.trim() ?? ''
  const ask = (path: string) => fetch(web.panel.url + path, { headers: { authorization: `Bearer ${token}` } })
  expect((await ask('/api/instances')).status).toBe(200)
  expect((await ask('/api/users')).status).toBe(403)
  await page.reload()
  await page.getByRole('row', { name: 'nightly report' }).getByText('instance.read').waitFor()
  expect(await page.getByText(token).count()).toBe(0)
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('row', { name: 'nightly report' }).getByText('Revoked').waitFor()
  expect((await ask('/api/instances')).status).toBe(401)
})

it('the audit is narrowed by who and what, and its chain is found whole', async () => {
  const page = await web.openAs('the-owner', '/audit')
  await page.getByLabel('Action').fill('user.log_in')
  await page.getByRole('row', { name: 'user.log_in' }).first().waitFor()
  await page.getByRole('row', { name: 'token.create' }).first().waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await page.getByText('none changed or missing').waitFor()
})

it('the settings of the server are shown', async () => {
  const page = await web.openAs('the-owner', '/settings')
  await page.getByRole('row', { name: 'SERVERNAME' }).getByText('server1').waitFor()
})
