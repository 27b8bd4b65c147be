import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimInstance } from '../../services/claim-instance.ts'
import { recordInstanceState } from '../../services/record-instance-state.ts'
import { releaseInstance } from '../../services/release-instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
const claimFor = { instanceId: 'bot-1', server: 'alpha', serverEpoch: 1, process: 'p', port: 4001 }
const claim = (more: Partial<typeof claimFor> = {}) =>
  db.database.transaction((tx) => claimInstance(tx, { ...claimFor, ...more }))
const set = (assignment: string) => db.database.query(`update instance set ${assignment} where id = 'bot-1'`)

beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(`insert into server (name) values ('alpha'), ('beta')`)
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by) values ('bot-1', 'master', 'telegram', 'Bot', 'alpha', 'test')`,
  )
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query(
    `update server set server_epoch = 1, holder = 'h', lease_until = clock_timestamp() + interval '1 hour'`,
  )
  await db.database.query(`update instance_lease set phase = 'idle'`)
  await set(
    `status = 'approved', desired = 'running', server_name = 'alpha', approved_at = now(), expires_at = now() + interval '1 day'`,
  )
})

test('an approved instance that should run is claimed under a new epoch and a new nonce each time', async () => {
  const first = await claim()
  await releaseInstance(db.database, { instanceId: 'bot-1', epoch: first?.epoch ?? 0, server: 'alpha', serverEpoch: 1 })
  const second = await claim()
  expect(second?.epoch).toBe((first?.epoch ?? 0) + 1)
  expect(second?.nonce).not.toBe(first?.nonce)
})

test.for([
  ['new', `status = 'new'`],
  ['expired', `status = 'expired'`],
  ['suspended', `status = 'suspended'`],
  ['deleted', `status = 'deleted', desired = 'stopped', deleted_at = now()`],
  ['wished stopped', `desired = 'stopped'`],
  ['past its time, though nobody has swept it yet', `expires_at = clock_timestamp() - interval '1 millisecond'`],
  ['another server has', `server_name = 'beta'`],
] as const)('an instance that is %s is not claimed', async ([, assignment]) => {
  await set(assignment)
  expect(await claim()).toBeUndefined()
})

test('a lapsed lease, an old server epoch or a held row claims nothing', async () => {
  expect(await claim({ serverEpoch: 0 })).toBeUndefined()
  await db.database.query(`update server set lease_until = clock_timestamp() - interval '1 millisecond'`)
  expect(await claim()).toBeUndefined()
  await db.database.query(`update server set lease_until = clock_timestamp() + interval '1 hour'`)
  await db.database.query(`update instance_lease set phase = 'adopting'`)
  expect(await claim()).toBeUndefined()
})

test('of twenty claims at once one wins', async () => {
  const claims = await Promise.all(Array.from({ length: 20 }, () => claim()))
  expect(claims.filter((outcome) => outcome !== undefined)).toHaveLength(1)
})

test('the late writes of a supervisor that lost its name change nothing', async () => {
  const observed = { state: 'running', lastError: null, attempt: 0, nextTryInMs: null, restartsDelta: 1 } as const
  const write = (serverEpoch: number) =>
    recordInstanceState(db.database, { instanceId: 'bot-1', server: 'alpha', serverEpoch, observed })
  expect([await write(0), await write(1)]).toEqual([false, true])
  const held = await claim()
  const release = (serverEpoch: number, epoch: number) =>
    releaseInstance(db.database, { instanceId: 'bot-1', epoch, server: 'alpha', serverEpoch })
  expect(await release(0, held?.epoch ?? 0)).toBe(false)
  expect(await release(1, (held?.epoch ?? 0) - 1)).toBe(false)
  expect(await release(1, held?.epoch ?? 0)).toBe(true)
})
