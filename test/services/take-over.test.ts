/**
 * Who may take what from whom, and when: names, and the bots of a server that is down (design section 5, points 1, 2
 * and 8). Real transactions; time passes by the rows' own stored times, or by a lock that is waited for.
 */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Tx } from '../../db/transaction.ts'
import { adoptInstance } from '../../services/adopt-instance.ts'
import { claimInstance } from '../../services/claim-instance.ts'
import { fence } from '../../services/fence.ts'
import { moveFloatingAway } from '../../services/move-floating-away.ts'
import { recordSamples } from '../../services/record-samples.ts'
import { recordWorkerEvent } from '../../services/record-worker-event.ts'
import { releaseInstance } from '../../services/release-instance.ts'
import { takeOverInstances } from '../../services/take-over-instances.ts'
import { takeServerName } from '../../services/take-server-name.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const hourMs = 3_600_000
let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query('alter table instance_lease disable trigger instance_lease_never_deleted')
  for (const table of ['instance_event', 'instance_sample', 'instance_lease', 'instance', 'server']) {
    await db.database.query(`delete from ${table}`)
  }
  await db.database.query('alter table instance_lease enable trigger instance_lease_never_deleted')
  await db.database.query(`insert into server (name) values ('alpha'), ('beta')`)
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, placement, created_by, status, desired, approved_at,
       expires_at)
     select id, 'master', 'telegram', 'Bot', 'alpha', placement, 'test', 'approved', 'running', now(), now() + interval '1 day'
     from (values ('bot-1', 'floating'), ('bot-2', 'pinned')) as given (id, placement)`,
  )
})

interface Taking {
  readonly holder?: string
  readonly ttlMs?: number
  readonly stillBeat?: number | null
  readonly dead?: boolean
}

function take(server: string, { holder = 'h/1', ttlMs = hourMs, stillBeat = null, dead = false }: Taking = {}) {
  return db.database.transaction((tx) =>
    takeServerName(tx, {
      server,
      holder,
      ttlMs,
      capacity: 10,
      url: null,
      version: 'test',
      stillBeat,
      isProvablyDead: () => dead,
    }),
  )
}

/** Takes a name that is free. @returns its server_epoch. */
async function taken(server: string, taking: Taking = {}): Promise<number> {
  const verdict = await take(server, taking)
  if (verdict.kind !== 'taken') throw new Error(`${server} is ${verdict.kind}`)
  return verdict.serverEpoch
}

async function claimed(id: string, server: string, serverEpoch: number) {
  const claim = await db.database.transaction((tx) =>
    claimInstance(tx, { instanceId: id, server, serverEpoch, process: `p/${id}`, port: 4001 }),
  )
  if (claim === undefined) throw new Error(`${id} was not claimed`)
  return claim
}

const beatOf = async (server: string) =>
  (await db.database.query<{ beat: number }>('select beat from server where name = $1', [server])).rows[0]?.beat ?? -1

/** The lease of a server has lapsed by the database's clock. */
const lapse = (server: string) =>
  db.database.query(`update server set lease_until = clock_timestamp() - interval '1 second' where name = $1`, [server])

/** As long as a lease with a margin: what was granted before has ended, other clocks aside. */
const stillMs = 60_000

async function takeOver(serverEpoch: number, more: { stillBeat?: number; room?: number } = {}): Promise<string[]> {
  const stillBeat = more.stillBeat ?? (await beatOf('alpha'))
  return db.database.transaction((tx) =>
    takeOverInstances(tx, { server: 'beta', serverEpoch, from: 'alpha', stillBeat, stillMs, room: more.room ?? 10 }),
  )
}

/**
 * Runs `waiting` while another transaction holds what `lock` locks, lets `meanwhile` happen once it waits, and gives
 * its outcome.
 */
async function whileLocked<T>(
  lock: (tx: Tx) => Promise<unknown>,
  waiting: () => Promise<T>,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<T> {
  const outcome = await db.database.transaction(async (tx) => {
    await lock(tx)
    const under = waiting()
    under.catch(() => {})
    await vi.waitFor(
      async () => {
        const { rowCount } = await db.database.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        expect(rowCount).toBe(1)
      },
      { timeout: 10_000, interval: 10 },
    )
    await meanwhile()
    return { under }
  })
  return outcome.under
}

const soonMs = 500
/** Gives a server's lease half a second, and waits until that has passed by the database's clock. */
const leaseEndsSoon = (server: string) =>
  db.database.query(
    `update server set lease_until = clock_timestamp() + $2 * interval '1 millisecond' where name = $1`,
    [server, soonMs],
  )
const untilLapsed = (server: string) =>
  vi.waitFor(
    async () => {
      const { rowCount } = await db.database.query(
        'select 1 from server where name = $1 and lease_until < clock_timestamp()',
        [server],
      )
      expect(rowCount).toBe(1)
    },
    { timeout: 10_000, interval: 20 },
  )

test('a bot is taken over only past what its worker was granted, also when the name was taken since with a shorter lease', async () => {
  const first = await taken('alpha')
  await claimed('bot-1', 'alpha', first)
  await taken('alpha', { holder: 'h/2', ttlMs: 1000, dead: true })
  await lapse('alpha')
  const beta = await taken('beta', { holder: 'h/3' })
  expect(await takeOver(beta)).toEqual([])
  await db.database.query(`update instance_lease set may_run_until = may_run_until - interval '2 hours'`)
  expect(await takeOver(beta)).toEqual(['bot-1'])
})

test('a supervisor whose beat has moved since it was watched keeps its name and its bots', async () => {
  await taken('alpha')
  await lapse('alpha')
  const watched = await beatOf('alpha')
  const beta = await taken('beta', { holder: 'h/2' })
  await db.database.query(`update server set beat = beat + 1 where name = 'alpha'`)
  expect(await take('alpha', { holder: 'h/3', stillBeat: watched })).toMatchObject({ kind: 'watch_beat' })
  expect(await takeOver(beta, { stillBeat: watched })).toEqual([])
})

test('nothing is taken over from a server whose lease runs, however long its beat stood still', async () => {
  await taken('alpha')
  const beta = await taken('beta', { holder: 'h/2' })
  expect(await takeOver(beta)).toEqual([])
})

test('only floating bots are taken over or moved away, and no more than there is room for', async () => {
  const alpha = await taken('alpha')
  const beta = await taken('beta', { holder: 'h/2' })
  await db.database.query(`update server set capacity = 10`)
  const moved = await db.database.transaction((tx) =>
    moveFloatingAway(tx, { server: 'alpha', serverEpoch: alpha, ids: 'all' }),
  )
  expect(moved).toEqual(['bot-1'])
  await db.database.query(`update instance set server_name = 'alpha'`)
  await lapse('alpha')
  expect(await takeOver(beta, { room: 0 })).toEqual([])
  expect(await takeOver(beta)).toEqual(['bot-1'])
})

test.for(['draining = true', 'capacity = 0', `lease_until = clock_timestamp() - interval '1 second'`, 'holder = null'])(
  'nothing is moved away to a server that has %s',
  async (assignment) => {
    const alpha = await taken('alpha')
    await taken('beta', { holder: 'h/2' })
    const moved = () =>
      db.database.transaction((tx) => moveFloatingAway(tx, { server: 'alpha', serverEpoch: alpha, ids: 'all' }))
    await db.database.query(`update server set ${assignment} where name = 'beta'`)
    expect(await moved()).toEqual([])
  },
)

test('whether a lease still holds is asked after the lock is held, not when its transaction began', async () => {
  const alpha = await taken('alpha')
  await leaseEndsSoon('alpha')
  const claim = await whileLocked(
    (tx) => tx.query(`select 1 from instance where id = 'bot-1' for update`),
    () =>
      db.database.transaction((tx) =>
        claimInstance(tx, { instanceId: 'bot-1', server: 'alpha', serverEpoch: alpha, process: 'p', port: 4001 }),
      ),
    () => untilLapsed('alpha'),
  )
  expect(claim).toBeUndefined()
})

test('a name is judged by the clock after its lock is held', async () => {
  await taken('alpha')
  await leaseEndsSoon('alpha')
  const verdict = await whileLocked(
    (tx) => tx.query(`select 1 from server where name = 'alpha' for update`),
    () => take('alpha', { holder: 'h/2' }),
    () => untilLapsed('alpha'),
  )
  expect(verdict.kind).toBe('watch_beat')
})

test('a taker whose own lease ran out while it waited takes nothing over', async () => {
  await taken('alpha')
  await lapse('alpha')
  const beta = await taken('beta', { holder: 'h/2' })
  const stillBeat = await beatOf('alpha')
  await leaseEndsSoon('beta')
  const ids = await whileLocked(
    (tx) => tx.query(`select 1 from server where name = 'alpha' for update`),
    () => takeOver(beta, { stillBeat }),
    () => untilLapsed('beta'),
  )
  expect(ids).toEqual([])
})

test('a claim waits for whoever is stopping the bot, and is then refused', async () => {
  const alpha = await taken('alpha')
  const claim = await whileLocked(
    (tx) => tx.query(`update instance set desired = 'stopped' where id = 'bot-1'`),
    () =>
      db.database.transaction((tx) =>
        claimInstance(tx, { instanceId: 'bot-1', server: 'alpha', serverEpoch: alpha, process: 'p', port: 4001 }),
      ),
  )
  expect(claim).toBeUndefined()
})

test('no newer epoch is given out while a fenced transaction is open', async () => {
  const alpha = await taken('alpha')
  const { epoch, nonce } = await claimed('bot-1', 'alpha', alpha)
  const order: string[] = []
  await whileLocked(
    async (tx) => expect(await fence(tx, { instanceId: 'bot-1', epoch, nonce })).toMatchObject({ tenant: 'master' }),
    async () => {
      await releaseInstance(db.database, { instanceId: 'bot-1', epoch, server: 'alpha', serverEpoch: alpha })
      await claimed('bot-1', 'alpha', alpha)
      order.push('newer epoch')
    },
    async () => order.push('fenced work done'),
  )
  expect(order).toEqual(['fenced work done', 'newer epoch'])
})

test('a released row lets nobody through the fence, though its epoch and nonce are the last ones', async () => {
  const alpha = await taken('alpha')
  const { epoch, nonce } = await claimed('bot-1', 'alpha', alpha)
  await releaseInstance(db.database, { instanceId: 'bot-1', epoch, server: 'alpha', serverEpoch: alpha })
  const passed = await db.database.transaction((tx) => fence(tx, { instanceId: 'bot-1', epoch, nonce }))
  expect(passed).toBeUndefined()
})

test('only the supervisor of now adopts, and only the very worker that the row names', async () => {
  const first = await taken('alpha')
  const { epoch, nonce } = await claimed('bot-1', 'alpha', first)
  const adopt = (more: { epoch?: number; nonce?: string; serverEpoch?: number } = {}) =>
    adoptInstance(db.database, { instanceId: 'bot-1', epoch, nonce, server: 'alpha', serverEpoch: first + 1, ...more })
  const second = await taken('alpha', { holder: 'h/2', dead: true })
  expect(second).toBe(first + 1)
  expect(await adopt({ serverEpoch: first })).toBe(false)
  expect(await adopt({ epoch: epoch - 1 })).toBe(false)
  expect(await adopt({ nonce: 'another' })).toBe(false)
  await lapse('alpha')
  expect(await adopt()).toBe(false)
  await db.database.query(`update server set lease_until = clock_timestamp() + interval '1 hour'`)
  expect(await adopt()).toBe(true)
  // The answer to the first may have been lost.
  expect(await adopt()).toBe(true)
})

test('a supervisor that lost its name, or whose lease has lapsed, writes no event, no sample and moves no bot', async () => {
  const alpha = await taken('alpha')
  await taken('beta', { holder: 'h/2' })
  const writes = async (serverEpoch: number) => {
    await recordWorkerEvent(db.database, {
      instanceId: 'bot-1',
      server: 'alpha',
      serverEpoch,
      epoch: 1,
      kind: 'worker_ended',
      reason: 'late',
      details: {},
    })
    await recordSamples(db.database, {
      server: 'alpha',
      serverEpoch,
      workers: [{ instanceId: 'bot-1', cpuPercent: 1, memoryBytes: 1 }],
      standbyBytes: [],
    })
    const moved = await db.database.transaction((tx) =>
      moveFloatingAway(tx, { server: 'alpha', serverEpoch, ids: 'all' }),
    )
    const { rows } = await db.database.query<{ events: number; samples: number }>(
      `select (select count(*)::int from instance_event where kind = 'worker_ended') as events,
         (select count(*)::int from instance_sample) as samples`,
    )
    return { ...rows[0], moved: moved.length }
  }
  expect(await writes(alpha - 1)).toEqual({ events: 0, samples: 0, moved: 0 })
  await lapse('alpha')
  expect(await writes(alpha)).toEqual({ events: 0, samples: 0, moved: 0 })
  await db.database.query(`update server set lease_until = clock_timestamp() + interval '1 hour'`)
  expect(await writes(alpha)).toEqual({ events: 1, samples: 1, moved: 1 })
})
