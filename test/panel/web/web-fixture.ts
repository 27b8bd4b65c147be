/** A real browser before a real panel with its own database. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Role } from '../../../domain/actor.ts'
import type { PanelOptions } from '../../../panel/api/start-panel.ts'
import { addPerson, goodPassword } from '../../services/people/people-fixture.ts'
import { launchBrowser } from '../../support/browser.ts'
import type { RunningPanel } from '../panel-fixture.ts'
import { openShopPanel, type ShopPanel } from '../shop-fixture.ts'

export interface Web {
  /** The panel's own database, and people, customers and goods to put into it. */
  readonly shop: ShopPanel
  readonly panel: RunningPanel
  /** Opens a page in a browser of its own: other cookies, other settings. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>
  /** The same, signed in and told what changes from now on. */
  openAs(username: string, path: string, options?: BrowserContextOptions): Promise<Page>
  /** What the content security policy stopped, and errors of the pages' own code. */
  troubles(): readonly string[]
  stop(): Promise<void>
}

/** Starts panel, browser and people named `the-<role>`: admin, operator and agent are always there. */
export async function startWeb(
  roles: readonly Role[] = ['owner'],
  panelOptions: Partial<PanelOptions> = {},
): Promise<Web> {
  const shop = await openShopPanel(panelOptions)
  const { database, panel } = shop
  for (const role of roles) await addPerson(database, `the-${role}`, role)
  await database.query(`insert into server (name) values ('server1') on conflict do nothing`)
  const browser = await launchBrowser()
  const errors: string[] = []
  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const page = await newPage(browser, panel, options)
    page.on('pageerror', (error) => errors.push(`${path}: ${error.message}`))
    await page.goto(path)
    return page
  }
  return {
    shop,
    panel,
    open,
    openAs: async (username, path, options) => {
      const page = await open(path, options)
      const isLive = page.waitForResponse((response) => new URL(response.url()).pathname === '/api/events')
      await signIn(page, username)
      await isLive
      return page
    },
    troubles: () => [
      ...errors,
      ...panel
        .logged()
        .split('\n')
        .filter((line) => line.includes('security policy')),
    ],
    stop: async () => {
      await browser.close()
      await shop.close()
    },
  }
}

async function newPage(browser: Browser, panel: RunningPanel, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({
    baseURL: panel.url,
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(15_000)
  return context.newPage()
}

/** Fills in the sign-in form of the page and waits until it is gone. */
export async function signIn(page: Page, username: string, password = goodPassword): Promise<void> {
  const fields = page.locator('form').filter({ has: page.locator('[autocomplete=current-password]') })
  await fields.locator('[autocomplete=username]').fill(username)
  await fields.locator('[autocomplete=current-password]').fill(password)
  await fields.locator('[type=submit]').click()
  await fields.waitFor({ state: 'detached' })
}

/** What to look at: everything, or only what changes with the colours. */
const everything = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] } as const
const colours = { type: 'rule', values: ['color-contrast'] } as const

/**
 * What axe finds against WCAG 2.2 A and AA, one line each. Its legacy mode looks at this one document, which is all that
 * a page of ours is: the policy forbids frames.
 */
async function violations(page: Page, runOnly: typeof everything | typeof colours): Promise<string[]> {
  // It stays in a page that was looked at before.
  const isThere = await page.evaluate('"axe" in window')
  const axe = new AxeBuilder({ page, ...(isThere ? { axeSource: ';' } : {}) }).options({
    runOnly: { ...runOnly, values: [...runOnly.values] },
    resultTypes: ['violations'],
  })
  const found = await axe.setLegacyMode().analyze()
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** Asserts that a page is usable as it stands: nothing for axe to find in light or dark, nothing wider than the window. */
export async function expectUsable(page: Page): Promise<void> {
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await violations(page, everything), `${page.url()} in light`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await violations(page, colours), `${page.url()} in dark`).toEqual([])
  const overhang = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect(overhang, page.url()).toBe(0)
}
