/** The demo as a newcomer meets it: one command, then a browser. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { placeFor } from '../../db/postgres-place.ts'
import { launchBrowser } from '../support/browser.ts'
import { runCli, StayingCli } from '../support/cli.ts'

let folder: string
let demo: StayingCli
let browser: Browser
let url: string
const environment = { LEASE_TTL_SECONDS: '6' }

beforeAll(async () => {
  // A folder that only its owner may enter, as `mktemp -d` makes it.
  folder = mkdtempSync(join(tmpdir(), 'botfleet-demo-'))
  await startDemo()
  browser = await launchBrowser()
})

async function startDemo(): Promise<void> {
  demo = new StayingCli(['demo', '--port', '0'], environment, folder)
  await vi.waitFor(
    () => {
      if (demo.child.exitCode !== null) throw new Error(`the demo ended: ${demo.stderr}`)
      expect(demo.stdout).toContain('Ctrl-C ends the demo')
    },
    { timeout: 55_000, interval: 100 },
  )
  url = /http:\/\/127\.0\.0\.1:\d+/.exec(demo.stdout)?.[0] ?? ''
}

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
  const place = await placeFor(join(folder, '.botfleet'))
  rmSync(place.folder, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
})

test('the list shows three running bots', async () => {
  const { code, stdout } = await runCli(['list'], { ...environment, COLUMNS: '80' }, folder)
  expect(code).toBe(0)
  expect(stdout.match(/running/g)).toHaveLength(3)
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

/** Waits in the open chat for a text, as the last one that says it. */
const shows = (page: Page, text: string | RegExp) => page.getByText(text).last().waitFor()
const tap = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).last().click()

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.keyboard.press('Enter')
}

test('the panel is named, opens with the password of the first owner, shows the bots, and leads to the chat', async () => {
  const panelUrl = /in the panel[^]*?(http:\/\/127\.0\.0\.1:\d+)/.exec(demo.stdout)?.[1] ?? ''
  const file = join(folder, '.botfleet', 'first-owner-password')
  expect(demo.stdout).toContain(`Sign in as "admin" with the password in ${file}`)
  const page = await browser.newPage({ locale: 'en-GB' })
  await page.goto(panelUrl)
  await page.getByLabel('Username').fill('admin')
  await page.getByLabel('Password').first().fill(readFileSync(file, 'utf8').trim())
  await page.getByRole('button', { name: 'Sign in' }).click()
  const link = page.getByRole('link', { name: 'Sandbox chat' })
  expect(await link.getAttribute('href')).toContain(url)
  await page.getByRole('link', { name: 'Bots', exact: true }).click()
  for (const name of ['Demo Shop', 'Ada’s Shop', 'Corner Shop']) {
    await page.getByRole('row', { name }).getByText('Running', { exact: true }).waitFor()
  }
  await page.close()
})

test('a customer buys two gift cards at the price of the agent, and its owner sees the profit', async () => {
  const page = await browser.newPage({ viewport: { width: 1200, height: 760 } })
  const troubles: string[] = []
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
  page.on('pageerror', (error) => troubles.push(error.message))
  await page.goto(url)
  await tap(page, /Ada’s Shop/)
  await tap(page, 'Start')
  await tap(page, 'Shop')
  await tap(page, 'Gift card · 11 USDT')
  await tap(page, 'Buy')
  await tap(page, '2')
  await tap(page, /Pay/)
  await shows(page, /Your balance: 78 USDT/)
  for (const goods of ['GIFT-0001-DEMO', 'GIFT-0002-DEMO']) await shows(page, goods)

  await tap(page, /Ada\b.*en/)
  await tap(page, 'Start')
  await say(page, '/agent')
  await shows(page, /Pending: 2$/m)
  expect(troubles).toEqual([])
  const { stdout } = await runCli(['order', 'list', '--json'], environment, folder)
  expect(JSON.parse(stdout)).toMatchObject([{ product: 'gift-card', quantity: 2, total: '22', status: 'paid' }])
})

/** Opens the chat of the WhatsApp bot, as Sam. */
async function openWhatsApp(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 760 } })
  await page.goto(url)
  await page.getByRole('button', { name: /Corner Shop.*WhatsApp \+\d+.*online/ }).click()
  return page
}

test('on WhatsApp a customer buys by numbers, and sees what was delivered and read', async () => {
  const page = await openWhatsApp()
  await tap(page, 'Say hello')
  await shows(page, /1 Shop/)
  await shows(page, /Your balance: 100 USDT/)
  await say(page, '1')
  await shows(page, /1 Gift card · 10 USDT/)
  await say(page, '1')
  await shows(page, /1 Buy/)
  await say(page, '1')
  await shows(page, /how many/i)
  await say(page, '2')
  await shows(page, /1 Pay/)
  await say(page, '1')
  for (const goods of ['GIFT-0003-DEMO', 'GIFT-0004-DEMO']) await shows(page, goods)
  await page.getByRole('log').getByRole('img', { name: 'read' }).nth(5).waitFor()
})

test('a dropped connection comes back; a device that was unlinked is linked anew by the code of the CLI', async () => {
  const page = await openWhatsApp()
  await tap(page, 'Phone')
  await tap(page, 'Drop its connection')
  await shows(page, /Dropped: the bot connects again/)
  await shows(page, 'Device 1, connected')
  await tap(page, 'Unlink device 1')
  await shows(page, /None\. The bot needs a new link/)
  const { id } = await vi.waitFor(
    async () => {
      const { stdout } = await runCli(['list', '--json'], environment, folder)
      const bots = JSON.parse(stdout) as { id: string; state: string }[]
      return bots.find(({ state }) => state === 'logged_out') ?? Promise.reject(new Error(stdout))
    },
    { timeout: 20_000, interval: 50 },
  )
  const pair = new StayingCli(['pair', id], environment, folder)
  const code = await vi.waitFor(() => /^[A-Z0-9]{4}-[A-Z0-9]{4}$/m.exec(pair.stdout)?.[0] ?? Promise.reject(pair), {
    timeout: 20_000,
    interval: 50,
  })
  const field = page.getByRole('textbox', { name: 'Link a device by its code' })
  await field.fill(code)
  await tap(page, 'Link')
  expect(await pair.ended).toBe(0)
  await shows(page, 'Device 2, connected')
})

test('what is typed is text, and each person has their own language', async () => {
  const page = await browser.newPage({ viewport: { width: 1200, height: 760 } })
  await page.goto(url)
  await tap(page, /Demo Shop.*online/)
  await tap(page, 'Start')
  await say(page, '<b>what</b> do you sell?')
  await shows(page, '<b>what</b> do you sell?')
  await page.getByRole('textbox', { name: 'Name of another person' }).fill('Farid')
  await page.getByLabel('Language', { exact: true }).selectOption('fa')
  await tap(page, 'Add')
  await tap(page, /Ada’s Shop/)
  await tap(page, 'Start')
  await shows(page, /سلام/)
})

test('the chat page works on a phone and in the dark', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 780 }, colorScheme: 'dark' })
  await page.goto(url)
  await page.getByRole('button', { name: /Demo Shop/ }).click()
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
  const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
  expect(wide).toBe(false)
  await page.getByRole('button', { name: 'Back to the list of bots' }).click()
  await page.getByRole('button', { name: /Ada’s Shop/ }).waitFor()
})

test('a page from elsewhere cannot drive the sandbox', async () => {
  const { hostname, port } = new URL(url)
  const foreign = await fetch(`${url}/sandbox/people`, {
    method: 'POST',
    headers: { origin: 'http://evil.example', 'content-type': 'application/json' },
    body: '{"first_name":"Eve"}',
  })
  expect([hostname, Number(port) > 0, foreign.status]).toEqual(['127.0.0.1', true, 403])
})

test('Ctrl-C ends everything and code 0 is given; a second demo finds the WhatsApp bot linked', async () => {
  const devices = async () => {
    const bots = (await (await fetch(`${url}/sandbox/whatsapp/bots`)).json()) as { devices: { id: number }[] }[]
    return bots.map((bot) => bot.devices.map(({ id }) => id))
  }
  const linked = await devices()
  expect(linked).toHaveLength(1)
  expect(await demo.stop('SIGINT')).toBe(0)
  await startDemo()
  expect(await devices()).toEqual(linked)
  const page = await openWhatsApp()
  await tap(page, 'Say hello')
  await shows(page, /1 Shop/)
  expect(await demo.stop('SIGINT')).toBe(0)
})
