import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { createTestDatabase } from '../support/database.ts'
import { type RunningPanel, runPanel } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
let browser: Browser

beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await panel.stop()
  await test.drop()
})

it('the document can be read as a page, styled under its strict policy, at phone width too', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(`${panel.url}/api/docs`)
  const approve = page.locator('details', { hasText: '/api/instances/{id}/approve' }).first()
  await approve.locator('summary').click()
  expect(await approve.innerText()).toMatch(
    /instance\.approve[\s\S]*botfleet approve[\s\S]*duration_months[\s\S]*Subscribed/,
  )
  expect(await page.evaluate<string>(`getComputedStyle(document.querySelector('summary')).cursor`)).toBe('pointer')
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
  expect(complaints).toEqual([])
  if (process.env['SHOT']) await page.screenshot({ path: process.env['SHOT'] })
  await page.close()
})
