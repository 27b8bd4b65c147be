import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { parseSettings } from '../../../domain/settings.ts'
import { expectUsable, startWeb, type Web } from './web-fixture.ts'

let web: Web
beforeAll(async () => {
  // No name of loopback: browsers take it for another machine.
  web = await startWeb(['owner'], { host: '0.0.0.0', settings: parseSettings({ PLAIN_HTTP: '1' }) })
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

it('where plain http was asked for, one signs in, works and is told of it on every page', async () => {
  const page = await web.open('/bots/new')
  const warning = page.getByText('This page comes without encryption')
  await warning.waitFor()
  await expectUsable(page)
  await page.close()
  const inside = await web.openAs('the-owner', '/bots/new')
  await inside.getByText('This page comes without encryption').waitFor()
  await inside.getByRole('radio', { name: 'WhatsApp' }).check()
  await inside.getByLabel('WhatsApp number').fill('+491701234567')
  await inside.getByRole('button', { name: 'Next' }).click()
  await inside.getByLabel('Name').fill('Plain')
  await inside.getByRole('button', { name: 'Create Bot' }).click()
  await inside.getByRole('heading', { name: 'Plain' }).waitFor()
  await expectUsable(inside)
})
