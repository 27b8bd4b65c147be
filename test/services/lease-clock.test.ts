/** Leases when the database's clock has jumped, or one server's clocks have all stood still. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { leaseTtlMaxMs } from '../../domain/server-lease.ts'
import { listServers } from '../../services/list-servers.ts'
import { readOtherServers } from '../../services/read-other-servers.ts'
import { renewServerLease } from '../../services/renew-server-lease.ts'
import { takeOverInstances } from '../../services/take-over-instances.ts'
import { takeServerName } from '../../services/take-server-name.ts'
import { ClockShift } from '../support/clock-shift.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const hourMs = 3_600_000
const ttlMs = 10_000
let db: TestDatabase
let clock: ClockShift
beforeAll(async () => {
  db = await createTestDatabase()
  clock = await ClockShift.install(db)
  await db.database.query(`insert into server (name) values ('alpha'), ('beta')`)
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, placement, created_by, status, desired, approved_at,
       expires_at)
     values ('bot', 'master', 'telegram', 'Bot', 'alpha', 'floating', 'test', 'approved', 'running', now(),
       now() + interval '30 days')`,
  )
})
afterAll(async () => {
  await clock.close()
  await db.drop()
})
beforeEach(() => db.database.query(`update server set holder = null, lease_until = null`))

function take(server: string, holder: string, stillBeat: number | null = null, leaseTtlMs = ttlMs) {
  return db.database.transaction((tx) =>
    takeServerName(tx, {
      server,
      holder,
      ttlMs: leaseTtlMs,
      capacity: 10,
      url: null,
      version: 'test',
      stillBeat,
      isProvablyDead: () => false,
    }),
  )
}

async function taken(server: string, holder: string) {
  const verdict = await take(server, holder)
  if (verdict.kind !== 'taken') throw new Error('it should be free')
  return verdict
}

test('a lease that the clock has left an hour in the future is judged by its beat, not waited for', async () => {
  await taken('alpha', 'h0/1')
  expect(await take('alpha', 'h1/1')).toMatchObject({ kind: 'held' })
  await clock.shift(-hourMs)
  const watched = await take('alpha', 'h1/1')
  if (watched.kind !== 'watch_beat') throw new Error(`it is ${watched.kind}`)
  expect(await take('alpha', 'h1/1', watched.beat)).toMatchObject({ kind: 'taken' })
  await clock.shift(hourMs)
})

test('a server whose bots were taken over while all its clocks stood still cannot renew, whatever it believes', async () => {
  const alpha = await taken('alpha', 'h0/1')
  const beta = await taken('beta', 'h1/1')
  await clock.shift(2 * ttlMs)
  await renewServerLease(db.database, {
    server: 'beta',
    serverEpoch: beta.serverEpoch,
    ttlMs,
    expectedClockMs: beta.clockMs,
  })
  const { rows } = await db.database.query<{ beat: number }>(`select beat from server where name = 'alpha'`)
  const ids = await db.database.transaction((tx) =>
    takeOverInstances(tx, {
      server: 'beta',
      serverEpoch: beta.serverEpoch,
      from: 'alpha',
      stillBeat: rows[0]?.beat ?? -1,
      stillMs: 2 * ttlMs,
      room: 1,
    }),
  )
  expect(ids).toEqual(['bot'])
  const renewal = { server: 'alpha', serverEpoch: alpha.serverEpoch, ttlMs, expectedClockMs: alpha.clockMs }
  expect(await renewServerLease(db.database, renewal)).toEqual({ kind: 'lost' })
})

test('a dead server whose lease the clock has left an hour in the future is down, and its bots are taken over', async () => {
  await db.database.query(`update instance set server_name = 'alpha' where id = 'bot'`)
  await taken('alpha', 'h0/1')
  const beta = await taken('beta', 'h1/1')
  expect(await isAlive('alpha')).toBe(true)
  await clock.shift(-hourMs)
  await renewServerLease(db.database, { server: 'beta', serverEpoch: beta.serverEpoch, ttlMs })
  expect(await isAlive('alpha')).toBe(false)
  expect(await isAlive('beta')).toBe(true)
  const [alpha] = await readOtherServers(db.database, 'beta')
  expect(alpha).toMatchObject({ name: 'alpha', hasLapsed: true })
  expect(await takeOverFromAlpha(beta.serverEpoch, { stillBeat: alpha?.beat ?? -1, stillMs: 2 * ttlMs })).toEqual([
    'bot',
  ])
  await clock.shift(hourMs)
})

test('a deadline that the clock has left an hour in the future is outlasted', async () => {
  await db.database.query(`update instance set server_name = 'alpha' where id = 'bot'`)
  await taken('alpha', 'h0/1')
  const beta = await taken('beta', 'h1/1')
  await db.database.query(
    `update instance_lease set phase = 'adopting', server_name = 'alpha',
       may_run_until = shifted.clock_timestamp() + interval '1 hour'`,
  )
  await clock.shift(-hourMs)
  await renewServerLease(db.database, { server: 'beta', serverEpoch: beta.serverEpoch, ttlMs })
  const [alpha] = await readOtherServers(db.database, 'beta')
  const stillBeat = alpha?.beat ?? -1
  expect(await takeOverFromAlpha(beta.serverEpoch, { stillBeat, stillMs: 2 * ttlMs })).toEqual([])
  expect(await takeOverFromAlpha(beta.serverEpoch, { stillBeat, stillMs: 2 * leaseTtlMaxMs })).toEqual(['bot'])
  await clock.shift(hourMs)
})

test('a lowered time to live counts once no worker is left that may hold a longer grant', async () => {
  const lower = (holder: string) => take('alpha', holder, null, ttlMs / 2)
  await db.database.query(`update instance_lease set phase = 'idle', server_name = null`)
  await taken('alpha', 'h0/1')
  await db.database.query(`update instance_lease set phase = 'held', server_name = 'alpha', may_run_until = null`)
  expect(await lower('h0/1')).toMatchObject({ kind: 'taken', earlierTtlMs: ttlMs })
  expect(await lower('h0/1')).toMatchObject({ kind: 'taken', earlierTtlMs: ttlMs })
  expect(await watchedTtlMs()).toBe(ttlMs)
  await db.database.query(`update instance_lease set phase = 'idle'`)
  await lower('h0/1')
  expect(await watchedTtlMs()).toBe(ttlMs / 2)
})

async function watchedTtlMs(): Promise<number | undefined> {
  const { rows } = await db.database.query<{ ms: number }>(`select lease_ttl_ms as ms from server where name = 'alpha'`)
  return rows[0]?.ms
}

function takeOverFromAlpha(serverEpoch: number, seen: { stillBeat: number; stillMs: number }) {
  return db.database.transaction((tx) =>
    takeOverInstances(tx, { server: 'beta', serverEpoch, from: 'alpha', room: 1, ...seen }),
  )
}

async function isAlive(server: string): Promise<boolean | undefined> {
  const actor = { name: 'test', userId: null, role: 'owner', tenant: null, source: 'cli' } as const
  return (await listServers(db.database, actor)).find(({ name }) => name === server)?.alive
}
