/** Dead letters and broadcasts from the command line. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PaperFleet } from '../services/outbox/paper-fleet.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callCli, makeHome, runCli } from './support/run-cli.ts'

let db: TestDatabase
const place = makeHome()

beforeAll(async () => {
  db = await createTestDatabase()
  const fleet = new PaperFleet(db)
  const bot = await fleet.bot('bot-1')
  for (const customer of ['ann', 'ben']) await fleet.customer(customer, 'agent:one', ['bot-1'])
  for (const reference of ['1', '2', '3']) await fleet.tell('ann', reference)
  for (let count = 1; count <= 2; count += 1) {
    const id = (await bot.next('ann'))?.id ?? 0
    await bot.settle({ outcome: 'refused', id, reason: 'Telegram: Forbidden: user is deactivated (403)' })
  }
  await fleet.admin('77')
  await fleet.customer('77', 'agent:one', ['bot-1'])
})
afterAll(async () => {
  await db.drop()
  place.remove()
})

const run = (words: string, input?: string) =>
  (input === undefined ? callCli : runCli)(words.split(' '), {
    env: { BOTFLEET_HOME: place.home, DATABASE_URL: db.url, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' },
    cwd: place.folder,
    ...(input === undefined ? {} : { input }),
  })
const json = async (words: string, input?: string) => {
  const { stdout, code } = await run(`${words} --json`, input)
  return { code, document: JSON.parse(stdout) as Record<string, unknown> & Record<string, unknown>[] }
}

test('an operator sees dead letters, delivers one once more, and gives the other up', async () => {
  const { document } = await json('outbox list --state dead')
  expect(document).toMatchObject([
    { id: 2, state: 'dead', kind: 'balance_adjusted', customer: 'ann' },
    { id: 1, last_error: 'Telegram: Forbidden: user is deactivated (403)' },
  ])
  const { stdout } = await run('outbox list')
  expect(stdout).toMatch(/MESSAGE +STATE +KIND/)
  expect((await run('outbox show 1')).stdout).toContain('user is deactivated')
  expect((await json('doctor')).document['checks']).toContainEqual({
    name: 'outbox',
    verdict: 'warn',
    detail: '1 waiting (0 for over a minute), 2 dead letters',
    todo: './botfleet outbox list --state dead',
  })
  expect(await json('outbox redrive 1')).toEqual({ code: 0, document: { redriven: [1] } })
  expect((await run('outbox redrive 1')).code).toBe(3)
  expect((await run('outbox redrive')).code).toBe(2)
  expect((await run('outbox drop 2')).code).toBe(2)
  expect(await json('outbox drop 2 --yes')).toEqual({ code: 0, document: { dropped: [2] } })
  expect(await json('outbox redrive --all')).toEqual({ code: 0, document: { redriven: [] } })
  expect((await run('outbox show 99')).code).toBe(3)
})

test('a broadcast is written, seen, sent, paused, resumed and cancelled', async () => {
  const { document } = await json('broadcast create --tenant agent:one --file -', 'Hello <b>all</b>\n')
  expect(document).toMatchObject({ id: 1, state: 'draft', html: 'Hello <b>all</b>', tenant: 'agent:one' })
  expect((await run('broadcast preview 1 --to nobody')).code).toBe(5)
  expect(await json('broadcast preview 1 --to u77')).toEqual({ code: 0, document: { id: 1, chats: 1 } })
  expect((await run('broadcast start 1')).code).toBe(2)
  expect((await json('broadcast start 1 --yes')).document).toMatchObject({
    state: 'sending',
    recipients: 3,
    waiting: 3,
  })
  expect((await run('broadcast start 1 --yes')).code).toBe(5)
  expect((await json('broadcast pause 1')).document).toMatchObject({ state: 'paused' })
  expect((await json('broadcast resume 1')).document).toMatchObject({ state: 'sending' })
  expect((await json('broadcast cancel 1 --yes')).document).toMatchObject({ state: 'cancelled' })
  expect((await run('broadcast show 1')).stdout).toContain('Hello <b>all</b>')
  expect((await run('broadcast list')).stdout).toContain('cancelled')
  expect((await run('broadcast create --tenant agent:none --file -', 'x')).code).toBe(3)
  expect((await run('broadcast create --tenant agent:one --file -', ' ')).code).toBe(2)
  expect((await run('broadcast create --tenant agent:one --file -', 'x'.repeat(3501))).code).toBe(2)
})
