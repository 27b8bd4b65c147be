/** How WhatsApp workers end and log in, with real processes: what waits for a person, what is tried again, how many at once. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { Rig } from '../support/rig.ts'

let db: TestDatabase
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
})
afterEach(async () => {
  await rig.stop()
  await db.drop()
})

function makeRig(settings: Record<string, string> = {}): Rig {
  const made = new Rig(db, settings)
  made.whatsappBundle = join(import.meta.dirname, '..', 'fixtures', 'plain-worker.mjs')
  return made
}

const linked = { approved: true, linked: true }
/** The states an instance went through, oldest first. */
const statesOf = async (id: string) =>
  (
    await db.database.query<{ to_value: string }>(
      `select to_value from instance_event where instance_id = $1 and kind = 'state' order by id`,
      [id],
    )
  ).rows.map((row) => row.to_value)

test.for(['restricted', 'session_error', 'logged_out'] as const)(
  '%s waits for a person, with its reason',
  async (state) => {
    rig = makeRig()
    const id = await rig.whatsappBot(`exit-${state}`, linked)
    await rig.start()
    const view = await rig.until(id, state)
    expect(view).toMatchObject({ last_error: `said ${state}`, next_try_at: null, epoch: 1 })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect((await rig.show(id)).epoch).toBe(1)
  },
)

test('a conflict is tried once more after its time, and then waits for a person', async () => {
  rig = makeRig({ WHATSAPP_CONFLICT_RETRY_SECONDS: '1' })
  const id = await rig.whatsappBot('exit-conflict', linked)
  await rig.start()
  const first = await rig.until(id, 'conflict')
  expect(first.epoch).toBe(1)
  expect(Date.parse(first.next_try_at ?? '')).toBeGreaterThan(Date.parse(first.state_at))
  await rig.until(id, 'conflict', ({ epoch, next_try_at: next }) => epoch === 2 && next === null)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(await rig.show(id)).toMatchObject({ epoch: 2, restarts: 0 })
})

test('a server that starts again keeps to the time of the one more look', async () => {
  rig = makeRig({ WHATSAPP_CONFLICT_RETRY_SECONDS: '6' })
  const id = await rig.whatsappBot('exit-conflict', linked)
  await rig.start()
  const first = await rig.until(id, 'conflict', ({ next_try_at: next }) => next !== null)
  await rig.stop()
  rig = makeRig({ WHATSAPP_CONFLICT_RETRY_SECONDS: '600' })
  await rig.start()
  await rig.until(id, 'conflict', ({ epoch, state_at: at }) => epoch === 2 && at !== first.state_at)
  const { rows } = await db.database.query<{ at: Date }>(
    `select max(at) as at from instance_event where instance_id = $1 and kind = 'worker_started'`,
    [id],
  )
  expect(rows[0]?.at.getTime()).toBeGreaterThan(Date.parse(first.next_try_at ?? '') - 200)
})

test('a version that WhatsApp refuses is tried again rarely, for as long as it is', async () => {
  rig = makeRig({ WHATSAPP_VERSION_RETRY_SECONDS: '1' })
  const id = await rig.whatsappBot('exit-outdated', linked)
  await rig.start()
  const waiting = await rig.until(id, 'backoff')
  expect(waiting.next_try_at).not.toBeNull()
  await rig.until(id, 'backoff', ({ epoch }) => epoch === 3)
  expect((await rig.show(id)).restarts).toBe(0)
  expect(await statesOf(id)).not.toContain('failed')
})

test('a WhatsApp worker is told its number, its address and its version, and no secret', async () => {
  rig = makeRig({ WHATSAPP_WS_URL: 'ws://127.0.0.1:9/ws', WA_WEB_VERSION: '2.3000.7' })
  const id = await rig.whatsappBot('well-behaved', linked)
  await rig.start()
  await rig.until(id, 'running')
  const named = rig.workerLines(id).find((line) => line['msg'] === 'named')
  expect(named).toMatchObject({
    credential: '',
    whatsapp: {
      phone: expect.stringMatching(/^4917000\d+$/),
      wsUrl: 'ws://127.0.0.1:9/ws',
      version: [2, 3000, 7],
      pairing: null,
    },
  })
})

test('at most so many log in at once, whoever waits holds up no Telegram bot, and all come to run', async () => {
  rig = makeRig({ WHATSAPP_CONNECT_CONCURRENCY: '2', START_CONCURRENCY: '2', START_TIMEOUT_SECONDS: '300' })
  const ids: string[] = []
  for (let count = 0; count < 7; count += 1) ids.push(await rig.whatsappBot('connects-slowly', linked))
  const stuck = [
    await rig.whatsappBot('connects-slowly-with-trouble', linked),
    await rig.whatsappBot('connects-slowly-with-trouble', linked),
    await rig.whatsappBot('connects-slowly-with-trouble', linked),
  ]
  const telegram = await rig.approvedBot()
  await rig.start()
  let most = 0
  const watch = setInterval(() => {
    void db.database
      .query<{ count: number }>(
        `select count(*)::int as count from instance
         where id = any($1) and state in ('starting', 'connecting') and last_error is null`,
        [[...ids, ...stuck]],
      )
      .then(({ rows }) => {
        most = Math.max(most, rows[0]?.count ?? 0)
      })
  }, 20)
  await rig.until(telegram, 'running')
  expect((await Promise.all(ids.map((id) => rig.show(id)))).some(({ state }) => state === 'stopped')).toBe(true)
  await Promise.all(ids.map((id) => rig.until(id, 'running')))
  for (const id of stuck) await rig.until(id, 'connecting', ({ last_error: why }) => why === 'no network')
  clearInterval(watch)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(2)
})

test.for([false, true])(
  'a server ends in order while bots wait for their turn to log in; it keeps its workers: %s',
  async (keepWorkers) => {
    rig = makeRig({ WHATSAPP_CONNECT_CONCURRENCY: '1' })
    for (let count = 0; count < 3; count += 1) await rig.whatsappBot('connects-slowly-forever', linked)
    const supervisor = await rig.start()
    await vi.waitFor(async () => {
      const { rows } = await db.database.query(`select from instance where state = 'connecting'`)
      expect(rows).toHaveLength(1)
    })
    const beganMs = performance.now()
    await supervisor.stop({ keepWorkers })
    expect(performance.now() - beganMs).toBeLessThan(5000)
  },
)
