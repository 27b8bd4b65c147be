/** The dialogs of account, people, tokens and audit: in both colours, right to left on a phone, by keyboard. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import en from '../../../panel/web/i18n/en.json' with { type: 'json' }
import fa from '../../../panel/web/i18n/fa.json' with { type: 'json' }
import { goodPassword } from '../../services/people/people-fixture.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner', 'viewer'])
})
afterAll(() => web.stop())
beforeEach(() => web.shop.database.query('delete from login_attempt'))
afterEach(() => expect(web.troubles()).toEqual([]))

const modes: Record<string, { options: BrowserContextOptions; texts: typeof en }> = {
  'left to right': { options: {}, texts: en },
  'right to left, on a phone': { options: { locale: 'fa-IR', viewport: { width: 390, height: 844 } }, texts: fa },
}

describe.each(Object.entries(modes))('%s', (_mode, { options, texts }) => {
  const button = (page: Page, name: keyof typeof en) =>
    page.getByRole('button', { name: texts[name], exact: true }).first()
  const open = async (page: Page, name: keyof typeof en) => {
    await button(page, name).click()
    await page.getByRole('dialog').waitFor()
    await expectUsable(page)
  }
  const shut = async (page: Page) => {
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }

  it('every dialog of the own account is usable', { timeout: 240_000 }, async () => {
    const page = await web.openAs('the-viewer', '/account', options)
    for (const name of ['account.change_password', 'tokens.create'] as const) {
      await open(page, name)
      await shut(page)
    }
    await open(page, 'factor.begin')
    await page.getByRole('dialog').getByRole('textbox').fill(goodPassword)
    await button(page, 'create.next').click()
    await page.getByRole('img', { name: texts['factor.qr'] }).waitFor()
    await expectUsable(page)
    await button(page, 'cancel').click()
    await button(page, 'factor.begin').waitFor()
  })

  it('every dialog about people, tokens and the audit is usable', { timeout: 240_000 }, async () => {
    const page = await web.openAs('the-owner', '/people?q=viewer', options)
    await open(page, 'people.create')
    await shut(page)
    const more = page.getByRole('button', { name: 'the-viewer' })
    for (const name of ['people.change_role', 'people.sessions', 'people.link', 'people.disable'] as const) {
      await more.click()
      await page.getByRole('menuitem', { name: texts[name], exact: true }).click()
      await page.getByRole('menu').waitFor({ state: 'detached' })
      await page.getByRole('dialog').waitFor()
      await expectUsable(page)
      await shut(page)
    }
    await page.goto('/people?tab=tokens')
    await open(page, 'tokens.create')
    await page.getByRole('dialog').getByRole('textbox').first().fill('report')
    await page.getByRole('radio', { name: texts['tokens.all_scopes'] }).check()
    await page.getByRole('dialog').getByRole('button', { name: texts['tokens.create'] }).click()
    await page.getByText(/^bfl_/).waitFor()
    await expectUsable(page)
    await button(page, 'factor.codes_kept').click()
    await open(page, 'tokens.revoke')
    await shut(page)
    await page.goto('/audit?action=nothing')
    await open(page, 'audit.verify')
    await shut(page)
    await button(page, 'audit.export').click()
    await page.getByRole('menu').waitFor()
    await expectUsable(page)
  })
})

it('by keyboard alone a menu is opened, its dialog is closed, and one is where one was', async () => {
  const page = await web.openAs('the-owner', '/people?q=viewer')
  await page.getByRole('button', { name: 'More for the-viewer' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Change the role' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.locator(':focus[aria-label="More for the-viewer"]').waitFor()
})
