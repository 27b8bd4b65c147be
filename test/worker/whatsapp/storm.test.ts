/** People who write while workers are killed and connections break, those of the database among them: each message is answered, and once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SeededRandom } from '../../support/seeded-random.ts'
import { type Caller, WhatsAppRig } from '../../support/whatsapp-rig.ts'

const number = '491701234567'
const peopleCount = 6
const messagesEach = 12
const seed = Number(process.env['SEED'] ?? 1)
let shop: WhatsAppRig
let bot: string

beforeAll(async () => {
  shop = await WhatsAppRig.open({ RESTART_BUDGET: '1000' })
  bot = await shop.bot(number)
}, 120_000)
afterAll(() => shop.close())

const answers = (caller: Caller) => caller.texts().filter((text) => text.includes('How it works')).length

test(`whatever ends in the middle, each message has one answer (seed ${seed})`, { timeout: 180_000 }, async () => {
  const random = new SeededRandom(seed)
  const people = Array.from({ length: peopleCount }, (_, at) => shop.caller(number, { name: `Person ${at}` }))
  for (const person of people) await person.ask('start', 'Test Shop')
  const phone = shop.fake.phoneOf(number)
  const troubles = [
    () => shop.killWorker(bot).catch(() => {}),
    async () => phone.dropConnections(),
    async () => phone.endStream(515),
    async () => phone.endStream(428),
    () =>
      shop.db.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      ),
  ]
  for (let round = 0; round < messagesEach; round += 1) {
    for (const person of people) {
      await person.write('help')
      if (random.between(0, 1) < 0.15) await random.pick(troubles)()
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 60)))
    }
  }
  await shop.rig.until(bot, 'running')
  const expected = people.map(() => messagesEach)
  await expect.poll(() => people.map(answers), { timeout: 90_000, interval: 200 }).toEqual(expected)
  // What waits anywhere would come now.
  await people[0]?.ask('menu', 'Choose below')
  expect(people.map(answers)).toEqual(expected)
  const undone = async () => {
    const { rows } = await shop.db.database.query(
      `select (select count(*)::int from handled_update where body is not null) as waiting,
         (select count(*)::int from whatsapp_message where state = 'queued') as queued`,
    )
    return rows[0]
  }
  await expect.poll(undone, { timeout: 10_000 }).toEqual({ waiting: 0, queued: 0 })
  expect(shop.fake.mostOfOneDevice()).toBe(1)
  expect(shop.fake.events.count('linked')).toBe(1)
})
