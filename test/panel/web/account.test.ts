import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { parseSettings } from '../../../domain/settings.ts'
import { totpCode, totpCounter } from '../../../domain/totp.ts'
import { addPerson, goodPassword } from '../../services/people/people-fixture.ts'
import { runPanel } from '../panel-fixture.ts'
import { expectUsable, signIn, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['viewer'])
  for (const name of ['ann', 'ben', 'cho', 'dan']) await addPerson(web.shop.database, name, 'viewer')
})
afterAll(() => web.stop())
beforeEach(() => web.shop.database.query('delete from login_attempt'))
afterEach(() => expect(web.troubles()).toEqual([]))

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** What an authenticator shows for a secret now. */
function codeOf(secret: string): string {
  const bits = Array.from(secret, (sign) => base32.indexOf(sign).toString(2).padStart(5, '0')).join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  return totpCode(Uint8Array.from(bytes), totpCounter(Date.now()))
}

/** Sets a second factor up on the account page. @returns the recovery codes. */
async function setUp(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await dialog.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
  const secret = (await page.getByText('Or type it by hand:').locator('bdi').textContent()) ?? ''
  await page.getByLabel('Code', { exact: false }).last().fill(codeOf(secret))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Your recovery codes').waitFor()
  return ((await page.locator('pre').textContent()) ?? '').split('\n')
}

/** Fills in what the sign-in page asks first. */
async function beginSignIn(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

it('a second factor is set up with an authenticator and asked for at the next sign-in; a recovery code counts once', async () => {
  const page = await web.openAs('ann', '/account')
  const codes = await setUp(page)
  expect(codes).toHaveLength(10)
  await expectUsable(page)
  const kept = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Save as a file' }).click()
  expect((await kept).suggestedFilename()).toBe('botfleet-recovery-codes.txt')
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 recovery codes are left.').waitFor()
  expect(await page.getByText(codes[0] ?? '').count()).toBe(0)

  const other = await web.open('/')
  await beginSignIn(other, 'ann')
  await other.getByRole('textbox', { name: 'Code' }).fill('000000')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByText('The code is wrong, or was used already.').waitFor()
  await other.getByRole('button', { name: 'The authenticator is lost' }).click()
  await expectUsable(other)
  await other.getByLabel('Recovery code').fill(codes[0] ?? '')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByRole('heading', { name: 'Overview' }).waitFor()

  const third = await web.open('/')
  await beginSignIn(third, 'ann')
  await third.getByRole('button', { name: 'The authenticator is lost' }).click()
  await third.getByLabel('Recovery code').fill(codes[0] ?? '')
  await third.getByRole('button', { name: 'Sign in' }).click()
  await third.getByText('The code is wrong, or was used already.').waitFor()
})

it('recovery codes are made anew, and the second factor is ended by the password and a code', async () => {
  const page = await web.openAs('ben', '/account')
  await setUp(page)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByRole('button', { name: 'New recovery codes' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Password' }).fill('not the password')
  await dialog.getByRole('button', { name: 'New recovery codes' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await dialog.getByRole('button', { name: 'New recovery codes' }).click()
  await page.getByText('Your recovery codes').waitFor()
  const code = ((await page.locator('pre').textContent()) ?? '').split('\n')[3] ?? ''
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByRole('button', { name: 'End the second factor' }).click()
  await dialog.getByRole('textbox', { name: 'Password' }).fill(goodPassword)
  await dialog.getByRole('textbox', { name: 'Code' }).fill(code)
  await dialog.getByRole('button', { name: 'End the second factor' }).click()
  await page.getByText('Only the password protects this account.').waitFor()
})

it('who needs a second factor first is led to it, and nothing else is open until then', async () => {
  const settings = parseSettings({ REQUIRE_SECOND_FACTOR: 'viewer' })
  const strict = await runPanel(web.shop.database, { settings })
  try {
    const page = await web.open(`${strict.url}/bots`)
    await signIn(page, 'cho')
    const note = page.getByRole('alert').filter({ hasText: 'Set up a second factor first' })
    await note.getByRole('link', { name: 'Your account' }).click()
    await page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor()
    await expectUsable(page)
    expect(await page.getByText('You may not see this.').count()).toBe(0)
    await setUp(page)
    await note.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor()
    await page.getByRole('link', { name: 'Bots', exact: true }).click()
    await page.getByText('No bot is approved yet.').waitFor()
  } finally {
    await strict.stop()
  }
})

it('who needs no second factor is told of none after somebody who does', async () => {
  await addPerson(web.shop.database, 'eve', 'viewer')
  const strict = await runPanel(web.shop.database, { settings: parseSettings({ REQUIRE_SECOND_FACTOR: 'viewer' }) })
  try {
    const page = await web.open(`${strict.url}/bots`)
    await signIn(page, 'eve')
    const note = page.getByText('Set up a second factor first')
    await note.waitFor()
    await page.getByRole('button', { name: 'eve' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await signIn(page, 'the-operator')
    await page.getByText('No bot is approved yet.').waitFor()
    expect(await note.count()).toBe(0)
  } finally {
    await strict.stop()
  }
})

it('a session elsewhere is ended, and so are all others by a new password', async () => {
  const page = await web.openAs('dan', '/account')
  const elsewhere = await web.openAs('dan', '/account')
  await page.reload()
  const rows = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('row')
  await rows.getByRole('button', { name: 'End' }).click()
  await page.getByText('1 session ended').waitFor()
  await elsewhere.getByRole('dialog', { name: 'Your session has ended' }).waitFor()

  const third = await web.openAs('dan', '/')
  await page.getByRole('button', { name: 'Change the password' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Password until now' }).fill(goodPassword)
  await dialog.getByRole('textbox', { name: 'New password' }).fill('password1234')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByRole('textbox', { name: 'New password' }).fill('another-quiet-lamp-9')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The password is changed, 1 other session ended').waitFor()
  await third.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
  await signIn(third, 'dan', 'another-quiet-lamp-9')
})

it('anybody makes a token of their own that may no more than they do', async () => {
  const page = await web.openAs('the-viewer', '/account')
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('my report')
  await dialog.getByRole('radio', { name: 'All that its owner may' }).check()
  await dialog.getByRole('button', { name: 'New token' }).click()
  const token = (await dialog.getByText(/^bfl_/).textContent())?.trim() ?? ''
  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByRole('row', { name: 'my report' }).getByText('All that its owner may').waitFor()
  const ask = (path: string) => fetch(web.panel.url + path, { headers: { authorization: `Bearer ${token}` } })
  expect((await ask('/api/instances')).status).toBe(200)
  expect((await ask('/api/audit')).status).toBe(403)
})
