/** A WhatsApp bot whose database goes away while people write to it: nothing is lost, and it comes back by itself. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { AskingPeople } from '../support/asking-people.ts'
import type { TestDatabase } from '../support/database.ts'
import { isGone, processOf } from '../support/faults.ts'
import { PostgresHome } from '../support/postgres-server.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { WhatsAppRig } from '../support/whatsapp-rig.ts'

const number = '491701234567'
let home: PostgresHome
let db: TestDatabase
let proxy: TcpProxy
let through: string
let shop: WhatsAppRig
let bot: string

beforeAll(async () => {
  home = new PostgresHome()
}, 120_000)
afterAll(() => home.remove())
beforeEach(async () => {
  db = await home.database()
  ;({ proxy, url: through } = await TcpProxy.toDatabase(db.url))
})
afterEach(async () => {
  proxy.heal()
  await shop.close()
  await proxy.stop()
})

async function open(settings: Record<string, string>): Promise<AskingPeople> {
  shop = await WhatsAppRig.open({ RESTART_BUDGET: '1000', ...settings }, { db, url: through })
  bot = await shop.bot(number)
  return AskingPeople.begin(shop.fake, number, 12)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** People write all the while; then everything is answered, and once. */
async function underTraffic(people: AskingPeople, trouble: () => Promise<void>): Promise<void> {
  await people.askDuring(trouble, 120)
  expect(await people.settled()).toEqual({ lost: [], doubled: [] })
  expect(shop.fake.events.count('registered')).toBe(1)
  expect(shop.fake.events.count('linked')).toBe(1)
  expect(shop.fake.mostOfOneDevice()).toBe(1)
}

test.for(['fast', 'immediate'] as const)(
  'Postgres is restarted (%s), twice, and the worker goes on with its connection',
  { timeout: 120_000 },
  async (how) => {
    const people = await open({ LEASE_TTL_SECONDS: '30' })
    const { pid } = await shop.rig.until(bot, 'running')
    await underTraffic(people, async () => {
      for (const _ of [1, 2]) {
        await home.restart(how)
        await sleep(1500)
      }
    })
    expect(await shop.rig.show(bot)).toMatchObject({ state: 'running', pid, epoch: 1 })
    expect(shop.fake.events.count('logged_in')).toBe(1)
  },
)

test.for([
  ['falls silent', 'blackHole'],
  ['is cut off', 'cut'],
] as const)(
  'the database %s for longer than the lease lasts: the worker ends, and the next one resumes',
  { timeout: 120_000 },
  async ([, how]) => {
    const people = await open({ LEASE_TTL_SECONDS: '4' })
    const worker = processOf((await shop.rig.until(bot, 'running')).pid)
    await underTraffic(people, async () => {
      proxy[how]()
      while (!isGone(worker)) await sleep(50)
      await sleep(1000)
      proxy.heal()
    })
    expect((await shop.rig.until(bot, 'running')).epoch).toBeGreaterThan(1)
  },
)

test('the database falls silent for a moment, again and again', { timeout: 120_000 }, async () => {
  const people = await open({ LEASE_TTL_SECONDS: '30' })
  await underTraffic(people, async () => {
    for (const ms of [300, 900, 1500, 2500]) {
      proxy.blackHole()
      await sleep(ms)
      proxy.heal()
      await sleep(700)
    }
  })
  expect((await shop.rig.show(bot)).epoch).toBe(1)
})
