/** The chat page in a real browser, with a real (if tiny) bot behind it. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { launchBrowser } from '../support/browser.ts'
import { TinyBot } from './tiny-bot.ts'

let browser: Browser
let sandbox: Sandbox
let bot: TinyBot
/** What the browser complained about, refused by policy or not: nothing. */
let troubles: string[]

beforeAll(async () => {
  browser = await launchBrowser()
}, 120_000)
afterAll(() => browser.close())

beforeEach(async () => {
  sandbox = await startSandbox()
  bot = new TinyBot(sandbox, sandbox.createBot({ name: 'Tea House', username: 'tea_bot' }))
  await bot.start()
  troubles = []
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  bot.stop()
  await sandbox.stop()
  expect(troubles).toEqual([])
})

async function open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 760 }, ...options })
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
  page.on('pageerror', (error) => troubles.push(error.message))
  await page.goto(sandbox.url + path)
  return page
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.keyboard.press('Enter')
}

test('a person starts the chat, presses a button, and sees the message change', async () => {
  const page = await open()
  await page.getByRole('button', { name: /Tea House.*online/ }).waitFor()
  await button(page, 'Start').click()
  await page.getByRole('log').locator('b', { hasText: 'Welcome' }).waitFor()
  await button(page, 'Tea').click()
  await page.getByText('Tea it is').waitFor()
  await page.getByRole('status').filter({ hasText: 'Noted' }).waitFor()
  await page.getByText('edited').waitFor()
  expect(await button(page, 'Tea').count()).toBe(0)
})

test('an alert of the bot stays until it is dismissed', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await button(page, 'Warn me').click()
  await page.getByRole('dialog').getByText('Careful!').waitFor()
  await button(page, 'OK').click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
})

test('Enter sends, and markup of a person or of a name is shown as text', async () => {
  const name = '<img src=x onerror=alert(1)>'
  sandbox.createBot({ name, username: 'evil_bot' })
  const page = await open()
  await page.getByText(name).waitFor()
  await button(page, 'Start').click()
  await say(page, '<b>bold?</b><script>alert(1)</script>')
  await page.getByText('You said: <b>bold?</b><script>alert(1)</script>').waitFor()
  expect(await page.locator('img').count()).toBe(0)
})

test('every entity of a message has its look, and a link that is no link stays text', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  const sam = sandbox.person('Sam')
  const text =
    '<i>it</i> <u>un</u> <s>st</s> <code>co</code> <tg-spoiler>hidden</tg-spoiler> <a href="https://example.com">web</a>'
  await bot.client.call('sendMessage', { chat_id: sam.id, text, parse_mode: 'HTML' })
  const bad = { type: 'text_link', offset: 0, length: 3, url: 'javascript:alert(1)' }
  await bot.client.call('sendMessage', { chat_id: sam.id, text: 'bad link', entities: [bad] })
  await page.getByText('bad link').waitFor()
  for (const tag of ['i', 'u', 's', 'code']) expect(await page.getByRole('log').locator(tag).count()).toBe(1)
  expect(await page.getByRole('log').locator('a').count()).toBe(1)
  expect(await page.getByRole('link', { name: 'web' }).getAttribute('rel')).toContain('noopener')
  const spoiler = button(page, 'Hidden text')
  await spoiler.focus()
  await page.keyboard.press('Enter')
  await spoiler.waitFor({ state: 'detached' })
})

test('the menu lists the commands, by mouse and by keyboard', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await button(page, 'Menu').click()
  await page.getByRole('button', { name: /A picture/ }).click()
  await page.getByRole('img', { name: 'dot.png' }).waitFor()
  await page.getByText('A dot').waitFor()
  await button(page, 'Menu').press('Enter')
  expect(await page.evaluate('document.activeElement.textContent')).toContain('/start')
  await page.keyboard.press('Escape')
  expect(await page.getByRole('navigation', { name: 'Commands' }).count()).toBe(0)
})

test('a keyboard of the bot sends its words', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await say(page, '/keyboard')
  await button(page, 'Shout').click()
  await page.getByText('You said: Shout').waitFor()
})

test('a file that a person attaches arrives, and is there to download', async () => {
  const page = await open()
  await button(page, 'Start').click()
  const chooser = page.waitForEvent('filechooser')
  await button(page, 'Attach a file').click()
  await (await chooser).setFiles({ name: 'receipt.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF') })
  await page.getByRole('link', { name: /receipt\.pdf/ }).waitFor()
})

test('two tabs are two people, each with a chat of their own', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  const other = await open()
  await other.getByRole('textbox', { name: 'Name of another person' }).fill('Farid')
  await other.getByLabel('Language', { exact: true }).selectOption('fa')
  await button(other, 'Add').click()
  await other.getByText('you are Farid').waitFor()
  await button(other, 'Start').click()
  await say(other, 'سلام')
  await other.getByText('You said: سلام').waitFor()
  const direction =
    "getComputedStyle([...document.querySelectorAll('.text')].find((one) => one.textContent === 'سلام')).direction"
  expect(await other.evaluate(direction)).toBe('rtl')
  await button(other, 'Tea').click()
  await other.getByRole('status').filter({ hasText: 'Noted' }).waitFor()
  expect(await page.getByText('سلام').count()).toBe(0)
  expect(await page.getByText('Noted').count()).toBe(0)
  await other.reload()
  await other.getByText('you are Farid').waitFor()
})

test('a deep link opens the chat and Start sends its payload, also in a chat that has begun', async () => {
  const page = await open('/?bot=tea_bot&start=ref_7')
  await button(page, 'Start').click()
  await page.getByText('Welcome ref_7').waitFor()
  expect(new URL(page.url()).search).toBe('')
  await page.goto(`${sandbox.url}/?bot=tea_bot&start=ref_8`)
  await button(page, 'Start').click()
  await page.getByText('Welcome ref_8').waitFor()
  await page.goto(`${sandbox.url}/?bot=nobody_bot`)
  await page.getByRole('status').filter({ hasText: 'There is no @nobody_bot here.' }).waitFor()
})

test('a t.me link to a bot of this sandbox opens its chat here', async () => {
  const second = new TinyBot(sandbox, sandbox.createBot({ name: 'Second', username: 'second_bot' }))
  await second.start()
  const page = await open('/?bot=tea_bot')
  await button(page, 'Start').click()
  await button(page, 'Invite').click()
  await button(page, 'Start').click()
  await page.getByText('Welcome from_first').waitFor()
  second.stop()
})

test('a blocked bot is let back in', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  await button(page, 'Block').click()
  await page.getByText('You have blocked this bot.').waitFor()
  expect(await page.getByRole('textbox', { name: 'Message' }).count()).toBe(0)
  await button(page, 'Let it back in').click()
  await say(page, 'hello again')
  await page.getByText('You said: hello again').waitFor()
})

test('a bot that nobody runs says so, and goes on when it is run', async () => {
  bot.stop()
  const idle = sandbox.createBot({ name: 'Sleeper', username: 'sleeper_bot' })
  const page = await open('/?bot=sleeper_bot')
  await page.getByText('This bot is offline').waitFor()
  await button(page, 'Start').click()
  const sleeper = new TinyBot(sandbox, idle)
  await sleeper.start()
  await page.getByText('Welcome').waitFor()
  sleeper.stop()
  await page.getByRole('button', { name: /Sleeper.*offline/ }).waitFor()
})

test('a page without any bot says what is missing, and bots appear by themselves', async () => {
  const empty = await startSandbox()
  const page = await browser.newPage()
  await page.goto(empty.url)
  await page.getByText('No bot yet.').waitFor()
  empty.createBot({ name: 'Late', username: 'late_bot' })
  await page.getByRole('button', { name: /Late/ }).waitFor()
  await page.close()
  await empty.stop()
})

test('a chat with many messages stays at its end, and what is drawn is not drawn again', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  const sam = sandbox.person('Sam')
  await page.evaluate("document.querySelector('.message').dataset.mark = 'kept'")
  for (let index = 1; index <= 60; index += 1) {
    await bot.client.call('sendMessage', { chat_id: sam.id, text: `line ${index}` })
  }
  await page.getByText('line 60', { exact: true }).waitFor()
  expect(await page.evaluate("document.querySelector('.message').dataset.mark")).toBe('kept')
  const fromEnd =
    "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.getElementById('chat'))"
  expect(await page.evaluate(fromEnd)).toBeLessThan(4)
})

test('commands that a bot sets while its chat is open appear in the menu', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await button(page, 'Menu').waitFor()
  await bot.client.call('deleteMyCommands')
  await button(page, 'Menu').waitFor({ state: 'hidden' })
  await bot.client.call('setMyCommands', { commands: [{ command: 'orders', description: 'What you ordered' }] })
  await button(page, 'Menu').click()
  await page.getByRole('button', { name: /What you ordered/ }).waitFor()
})

test('a sandbox that was started anew shows what it knows and nothing of before', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  bot.stop()
  await sandbox.stop()
  await page.getByText('The sandbox does not answer.').waitFor()
  await say(page, 'is anybody there?')
  await page.waitForFunction("document.getElementById('text').value === 'is anybody there?'")
  sandbox = await startSandbox({ port: Number(new URL(sandbox.url).port) })
  bot = new TinyBot(sandbox, sandbox.createBot({ name: 'Night Pharmacy', username: 'pharmacy_bot' }))
  await bot.start()
  await page.getByRole('button', { name: /Night Pharmacy.*online/ }).waitFor({ timeout: 20_000 })
  await page.getByText('Nothing has been said here yet').waitFor()
  expect(await page.getByText('Welcome').count()).toBe(0)
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  // The browser itself says that it reached nobody meanwhile.
  troubles = troubles.filter((trouble) => !trouble.includes('net::ERR_'))
})

test('a quotation and a block of code stand on lines of their own, without empty ones around', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  const text = 'one\n<blockquote>two</blockquote>\n<pre>three</pre>\nfour\n<b>\nfive</b>'
  await bot.client.call('sendMessage', { chat_id: sandbox.person('Sam').id, text, parse_mode: 'HTML' })
  await page.getByText('three').waitFor()
  expect(await page.locator('.text').last().innerHTML()).toBe(
    'one<blockquote>two</blockquote><pre>three</pre>four\n<b>\nfive</b>',
  )
})

test('a name that is written from the right stands beside its picture', async () => {
  sandbox.person('Sam')
  sandbox.person('فرید')
  const page = await open()
  const name = await page.getByText('فرید').boundingBox()
  const other = await page.getByRole('list').getByText('Sam', { exact: true }).boundingBox()
  expect(name?.x).toBe(other?.x)
})

test('a bot that polls hot, or says a lot at once, does not set off a storm of requests', async () => {
  const page = await open()
  await button(page, 'Start').click()
  await page.getByText('Welcome').waitFor()
  const { id: chat_id } = sandbox.person('Sam')
  bot.stop()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  for (let index = 0; index < 300; index += 1) await bot.client.call('getUpdates', { offset: -1 })
  await Promise.all(Array.from({ length: 300 }, () => bot.client.call('sendMessage', { chat_id, text: 'much' })))
  await bot.client.call('sendMessage', { chat_id, text: 'the last' })
  await page.getByText('the last').waitFor()
  // By then the end of every poll has been noticed.
  await page.getByRole('button', { name: /Tea House.*offline/ }).waitFor()
  await page.getByText('offline', { exact: true }).waitFor()
  expect(asked.length).toBeLessThan(150)
})

test.each(['light', 'dark'] as const)('on a phone in the %s nothing is wider than the screen', async (colorScheme) => {
  const page = await open('/', { viewport: { width: 390, height: 780 }, colorScheme })
  await page.getByRole('button', { name: /Tea House/ }).click()
  await button(page, 'Start').click()
  await say(page, 'w'.repeat(300))
  await page.getByText(/You said: w{300}/).waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  await button(page, 'Back to the list of bots').click()
  await page.getByRole('textbox', { name: 'Name of another person' }).waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
})
