import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listAudit } from '../../services/audit/list-audit.ts'
import { confirmClock } from '../../services/confirm-clock.ts'
import { expireDue } from '../../services/expire-due.ts'
import { pauseExpiry } from '../../services/pause-expiry.ts'
import { readExpiryPause } from '../../services/read-expiry-pause.ts'
import { readServerPlan } from '../../services/read-server-plan.ts'
import { sweepRetention } from '../../services/sweep-retention.ts'
import { ClockShift } from '../support/clock-shift.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor } from '../support/rig.ts'

const hourMs = 3_600_000
let db: TestDatabase
let clock: ClockShift
beforeAll(async () => {
  db = await createTestDatabase()
  clock = await ClockShift.install(db)
  await db.database.query(`insert into server (name) values ('alpha')`)
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
     values ('bot', 'master', 'telegram', 'Bot', 'alpha', 'test', 'new', 'running', null, null)`,
  )
})
afterAll(async () => {
  await clock.close()
  await db.drop()
})
beforeEach(async () => {
  await db.database.query('delete from expiry_pause')
})

/** Makes the bot end in so long; gives back where the clock is. */
async function endsIn(ms: number): Promise<number> {
  const { rows } = await db.database.query<{ at: Date }>(
    `update instance set status = 'approved', approved_at = now(), expires_at = now() + $1 * interval '1 millisecond'
     returning now() as at`,
    [ms],
  )
  return rows[0]?.at.getTime() ?? 0
}

const run = <Input, Result>(
  operation: (
    tx: Parameters<Parameters<typeof db.database.transaction>[0]>[0],
    actor: typeof ownerActor,
    input: Input,
  ) => Promise<Result>,
  input: Input,
) => db.database.transaction((tx) => operation(tx, ownerActor, input))
const pauseAt = (standsAtMs: number, server = 'alpha') =>
  run(pauseExpiry, { server, kind: 'jump', jumpMs: hourMs, standsAtMs, lastSeenMs: standsAtMs - 1000 })

test.for([hourMs, -hourMs])('the sweep that runs in the moment of a jump by %d ms flips nothing', async (jumpMs) => {
  const expectedClockMs = await endsIn(jumpMs > 0 ? hourMs / 2 : -2 * hourMs)
  await clock.shift(jumpMs)
  const swept = await run(expireDue, { expectedClockMs })
  expect(swept.ids).toEqual([])
  expect(Math.abs(swept.clockMs - expectedClockMs - jumpMs)).toBeLessThan(5000)
  await clock.shift(-jumpMs)
  expect((await run(expireDue, { expectedClockMs })).ids).toEqual(jumpMs > 0 ? [] : ['bot'])
})

test('while a pause is open a sweep judges by where time stands', async () => {
  const nowMs = await endsIn(1)
  await pauseAt(nowMs)
  await clock.shift(hourMs)
  expect((await run(expireDue, {})).ids).toEqual([])
  await clock.shift(-hourMs)
  expect((await readServerPlan(db.database, 'alpha')).instances[0]?.expiresInMs).toBe(Number.POSITIVE_INFINITY)
  expect((await run(confirmClock, {})).due).toEqual(['bot'])
  expect((await run(expireDue, {})).ids).toEqual(['bot'])
})

test('what had ended before time stood still is still over', async () => {
  const nowMs = await endsIn(-1000)
  await pauseAt(nowMs)
  const left = (await readServerPlan(db.database, 'alpha')).instances[0]?.expiresInMs
  expect(Math.abs((left ?? 0) + 1000)).toBeLessThan(1)
  expect((await run(expireDue, {})).ids).toEqual(['bot'])
})

test('the first server wins; opening and confirming leave an audit row each', async () => {
  const nowMs = await endsIn(hourMs)
  const verdicts = await Promise.all(['alpha', 'beta', 'gamma'].map((server) => pauseAt(nowMs, server)))
  expect(verdicts.toSorted()).toEqual(['already_paused', 'already_paused', 'paused'])
  const { pause } = await readExpiryPause(db.database, ownerActor)
  expect(pause).toMatchObject({ kind: 'jump', jump_ms: hourMs, stands_at: new Date(nowMs).toISOString() })
  await run(confirmClock, {})
  expect((await readExpiryPause(db.database, ownerActor)).pause).toBeNull()
  await expect(run(confirmClock, {})).rejects.toMatchObject({ code: 'conflict' })
  const audit = await listAudit(db.database, ownerActor, { limit: 2 })
  expect(audit.map(({ action }) => action)).toEqual(['server.confirm_clock', 'server.pause_expiry'])
})

test('a lease of a dead server goes back with the clock, one that was renewed since does not', async () => {
  await db.database.query(
    `insert into server (name, holder, lease_until) values ('dead', 'h', now() + interval '20 seconds'),
       ('alive', 'h', now() - interval '59 minutes')`,
  )
  await clock.shift(-hourMs)
  await run(pauseExpiry, { server: 'alpha', kind: 'jump', jumpMs: -hourMs, standsAtMs: 0, lastSeenMs: 0 })
  const { rows } = await db.database.query<{ name: string; left_s: number }>(
    `select name, extract(epoch from lease_until - clock_timestamp())::int as left_s from server
     where holder is not null order by name`,
  )
  await clock.shift(hourMs)
  expect(rows.map(({ name }) => name)).toEqual(['alive', 'dead'])
  for (const { name, left_s: left } of rows) expect(Math.abs(left - (name === 'dead' ? 20 : 60)), name).toBeLessThan(3)
})

test('while a pause is open nothing is swept away by a clock that may be wrong', async () => {
  await db.database.query(`insert into handled_update (instance_id, key, outcome) values ('bot', 'tg:1', 'null')`)
  const nowMs = await endsIn(1000 * hourMs)
  const sweep = () =>
    db.database.transaction((tx) => sweepRetention(tx, { eventDays: 9000, sampleHours: 48, handledUpdateHours: 48 }))
  await pauseAt(nowMs)
  await clock.shift(100 * hourMs)
  expect(await sweep()).toBe(0)
  await run(confirmClock, {})
  expect(await sweep()).toBe(1)
  await clock.shift(-100 * hourMs)
})

test('only who may confirm the clock does', async () => {
  await pauseAt(Date.now())
  const operator = { ...ownerActor, role: 'operator' as const }
  await expect(db.database.transaction((tx) => confirmClock(tx, operator))).rejects.toMatchObject({
    code: 'not_allowed',
  })
  expect((await readExpiryPause(db.database, ownerActor)).pause).not.toBeNull()
})
