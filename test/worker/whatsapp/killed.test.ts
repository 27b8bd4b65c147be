/** Workers that are killed while people write to them: nothing is lost, nothing is answered twice, nothing is linked anew. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AskingPeople } from '../../support/asking-people.ts'
import { kill, workerOf } from '../../support/faults.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { WhatsAppRig } from '../../support/whatsapp-rig.ts'

const number = '491701234567'
const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1_000_000))
let shop: WhatsAppRig
let bot: string

beforeAll(async () => {
  shop = await WhatsAppRig.open({ RESTART_BUDGET: '1000' })
  bot = await shop.bot(number)
}, 120_000)
afterAll(() => shop.close())

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function expectOneDevice(): void {
  expect(shop.fake.events.count('registered')).toBe(1)
  expect(shop.fake.events.count('linked')).toBe(1)
  expect(shop.fake.events.count('login_refused')).toBe(0)
  expect(shop.fake.mostOfOneDevice()).toBe(1)
  expect(shop.fake.phoneOf(number).devices).toEqual([1])
}

const count = async (sql: string, ...values: unknown[]) =>
  (await shop.db.database.query<{ n: number }>(`select count(*)::int as n ${sql}`, values)).rows[0]?.n

async function untilCounted(n: number, sql: string): Promise<void> {
  await vi.waitFor(async () => expect(await count(sql)).toBe(n), { timeout: 20_000, interval: 20 })
}

const waitForTurn = 'from handled_update where body is not null'

describe('a message whose worker is killed', () => {
  let people: AskingPeople
  beforeAll(async () => {
    people = await AskingPeople.begin(shop.fake, number, 4)
  })

  /** Its answer is shown once, and so is what is asked of the next worker. */
  async function expectAnsweredOnce(): Promise<void> {
    expect(await people.settled()).toEqual({ lost: [], doubled: [] })
    expectOneDevice()
  }

  test('between the commit of its key and the inbox is handed on by the next one, which alone could not read it', async () => {
    await shop.db.database.transaction(async (tx) => {
      await tx.query('lock table handled_update in exclusive mode')
      const { caller, id } = await people.ask()
      // The receipt goes out after the key is committed: WhatsApp will not deliver it again.
      await caller.phone.inbox.next('delivered', (event) => event.id === id)
      await shop.killWorker(bot)
      // What the gateway still tries on its behalf is given up, so that nothing but the kept words knows of it.
      await untilCounted(
        0,
        `from pg_locks where relation = 'handled_update'::regclass and not granted
        and database = (select oid from pg_database where datname = current_database())`,
      )
      expect(await count(waitForTurn)).toBe(0)
      expect(shop.fake.phoneOf(number).waiting).toBe(0)
    })
    await expectAnsweredOnce()
  })

  test('between the inbox and its answer is answered by the next one', async () => {
    await shop.db.database.transaction(async (tx) => {
      await tx.query('lock table customer in exclusive mode')
      await people.ask()
      // Too long to be kept with its key: of this one the inbox alone knows.
      await people.ask(20_000)
      await untilCounted(2, waitForTurn)
      await shop.killWorker(bot)
    })
    await expectAnsweredOnce()
  })

  test('when its answer was written into a connection that was gone gets it from the next one', async () => {
    await shop.db.database.transaction(async (tx) => {
      await tx.query('lock table customer in exclusive mode')
      await people.ask()
      await untilCounted(1, waitForTurn)
      shop.fake.phoneOf(number).fallSilent()
    })
    await untilCounted(1, `from whatsapp_message where state = 'queued'`)
    await untilCounted(0, waitForTurn)
    expect(people.judge().lost).toHaveLength(1)
    await shop.killWorker(bot)
    await expectAnsweredOnce()
  })

  test('when its answer was shown and not acknowledged sees it sent again, and shown once', async () => {
    shop.fake.plantFault({ kind: 'lose_ack' })
    const { caller, number: asked } = await people.ask()
    await caller.reads(asked)
    await shop.killWorker(bot)
    await caller.phone.inbox.next('repeated')
    await expectAnsweredOnce()
  })

  test.for(['black_hole', 'slow'] as const)(
    'during its login (%s), and again at the next, is answered',
    async (kind) => {
      await shop.fake.goAway()
      await people.ask()
      await people.ask()
      for (const _ of [1, 2]) {
        shop.fake.plantFault(kind === 'slow' ? { kind, delayMs: 300 } : { kind })
      }
      const caughtUp = shop.fake.events.count('caught_up')
      const logins = shop.fake.events.count('logged_in')
      await shop.fake.comeBack()
      for (const time of [1, 2]) {
        await vi.waitFor(() => expect(shop.fake.events.count('logged_in')).toBe(logins + time), {
          timeout: 30_000,
          interval: 5,
        })
        await shop.killWorker(bot)
      }
      expect(shop.fake.events.count('caught_up')).toBe(caughtUp)
      await expectAnsweredOnce()
    },
  )
})

test('killed at random moments under traffic, every message is answered once', { timeout: 120_000 }, async () => {
  process.stderr.write(`kills under traffic: KILL_SEED=${seed}\n`)
  const random = new SeededRandom(seed)
  const people = await AskingPeople.begin(shop.fake, number, 20)
  let kills = 0
  await people.askDuring(async () => {
    while (people.asked < 200) {
      await sleep(random.between(100, 2000))
      const worker = await workerOf(shop.db.database, bot)
      if (worker !== undefined && (await kill(worker))) kills += 1
    }
  }, 75)
  expect(kills).toBeGreaterThan(3)
  expect(await people.settled(60_000)).toEqual({ lost: [], doubled: [] })
  expectOneDevice()
})
