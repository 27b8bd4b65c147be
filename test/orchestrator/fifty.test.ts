/** Fifty real Telegram bots whose supervisor is killed: not one of them notices, and nobody is answered twice. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { Rig } from '../support/rig.ts'

const botCount = 50

let db: TestDatabase
let sandbox: Sandbox
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
  sandbox = await startSandbox()
  const settings = { TELEGRAM_API_ROOT: sandbox.apiRoot, LEASE_TTL_SECONDS: '20', SAMPLE_SECONDS: '60' }
  rig = new Rig(db, settings, 'telegram')
})
afterEach(async () => {
  await rig.stop()
  await sandbox.stop()
  await db.drop()
})

test('after SIGKILL of the supervisor the next one keeps 50 of 50 pids, no message lost or answered twice', {
  timeout: 240_000,
}, async () => {
  const bots = await Promise.all(
    Array.from({ length: botCount }, async (_, index) => {
      const name = `Shop ${index}`
      const bot = sandbox.createBot({ name, username: `shop_${index}_bot` })
      const person = sandbox.addPerson({ firstName: `Ann ${index}` }).id
      return { bot, person, id: await rig.approvedBot(name, { token: bot.token }) }
    }),
  )
  const first = await rig.startApart()
  const before = await Promise.all(bots.map(({ id }) => rig.until(id, 'running')))
  const askAll = () => {
    for (const { bot, person } of bots) sandbox.sendText({ personId: person, botId: bot.id, text: '/id' })
  }
  const answersOf = ({ bot, person }: (typeof bots)[number]) =>
    sandbox.chat(bot.id, person).filter((message) => message.from === 'bot').length
  const untilAnswered = (times: number) =>
    vi.waitFor(() => expect(bots.map(answersOf)).toEqual(bots.map(() => times)), { timeout: 60_000, interval: 50 })

  askAll()
  await first.kill()
  askAll()
  await rig.startApart()
  askAll()
  await untilAnswered(3)
  const after = await Promise.all(bots.map(({ id }) => rig.until(id, 'running')))
  expect(after.map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
  // A later message shows that nothing more was on its way.
  askAll()
  await untilAnswered(4)
})
