/** A problem is told in the language of whoever reads it; the server's own sentence, which is English, stands below. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { httpProblems } from '../../../panel/api/problem.ts'
import { Problem, withoutCommand } from '../../../panel/web/api/problem.ts'
import { changeTrouble, classOf } from '../../../panel/web/parts/problem-words.ts'
import { startWeb, type Web } from './web-fixture.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'panel', 'web', 'i18n')
const fa = JSON.parse(readFileSync(join(folder, 'fa.json'), 'utf8')) as Record<string, string>

let web: Web
beforeAll(async () => {
  web = await startWeb(['owner'])
})
afterAll(() => web.stop())
afterEach(() => expect(web.troubles()).toEqual([]))

/** What only programs meet, or a page with a bug. */
const technical = ['wrong_method', 'too_slow', 'wrong_media_type', 'key_reused', 'headers_too_large']

it('every sort of problem that a person can meet has words of its own', () => {
  const codes = new Set<string>(Object.values(httpProblems).map(({ code }) => code))
  for (const code of ['internal', 'not_authenticated', 'not_allowed', 'too_many_attempts', 'conflict', 'unavailable']) {
    codes.add(code)
  }
  const unsaid = [...codes].filter((code) => classOf(new Problem(400, { code })) === 'trouble.refused')
  expect(unsaid.sort()).toEqual([...technical].sort())
})

it('of an answer that never came it is said that nobody knows, and no sentence is made up', () => {
  expect(changeTrouble(new Problem(0, { title: 'no answer' }), (key) => key)).toEqual({
    head: 'trouble.unknown',
    cause: 'reach.server_away',
  })
})

it('a sentence of the server is shown without the command line that it ends with', () => {
  expect(withoutCommand('no bot b1: ./botfleet list shows them')).toBe('no bot b1')
  expect(withoutCommand('b1 is new; ./botfleet approve b1 --months 1 starts it')).toBe('b1 is new')
  expect(withoutCommand('is the key there? ./botfleet doctor')).toBe('is the key there?')
  expect(withoutCommand('the markup is above 1000 %')).toBe('the markup is above 1000 %')
})

it('every sentence that people read has its command line at the end, where it can be left out', () => {
  const root = join(import.meta.dirname, '..', '..', '..')
  const files = ['domain', 'services', 'orchestrator', 'worker', 'gateway'].flatMap((part) =>
    readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('import'))
      .map((file) => join(part, file)),
  )
  const lines = files.flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n'))
  const sentences = lines.filter((line) => / \.\/botfleet /.test(line))
  expect(sentences.length).toBeGreaterThan(30)
  expect(sentences.filter((line) => /[^:;?] \.\/botfleet /.test(line))).toEqual([])
})

it('a wrong password, a field that does not fit and a bot that is not there are told in Persian', async () => {
  const page = await web.openAs('the-owner', '/account', { locale: 'fa-IR' })
  const say = (key: string) => page.getByText(fa[key] ?? key).first()
  await page.getByRole('button', { name: fa['account.change_password'] ?? '' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('[autocomplete=current-password]').fill('not the password at all')
  await dialog.locator('[autocomplete=new-password]').fill('another long sentence of mine')
  await dialog.locator('[type=submit]').click()
  await say('problem.wrong_password').waitFor()
  await dialog.getByText('the present password is wrong').waitFor()

  await page.goto('/people')
  await page.getByRole('button', { name: fa['people.create'] ?? '' }).click()
  await dialog.locator('input').nth(0).fill('x'.repeat(70))
  await dialog.locator('[type=password]').fill('a long sentence of somebody else')
  await dialog.locator('[type=submit]').click()
  await say('problem.usage').waitFor()
  const wrong = dialog.getByRole('listitem')
  await wrong.getByText(fa['sign_in.username'] ?? '', { exact: true }).waitFor()
  await wrong.getByText(fa['field.too_big'] ?? '').waitFor()

  await page.goto('/bots/nothing')
  await say('problem.not_found').waitFor()
})
