/** What a supervisor grants its workers, and what it does when it has nothing left to grant (design section 5). */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isGone, kill, processOf } from '../support/faults.ts'
import { LeaseTrace, startLeaseTrace } from '../support/lease-trace.ts'
import { Rig } from '../support/rig.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let rig: Rig
let proxy: TcpProxy
let proxied: string
beforeEach(async () => {
  db = await createTestDatabase()
  rig = new Rig(db)
  ;({ proxy, url: proxied } = await TcpProxy.toDatabase(db.url))
})
afterEach(async () => {
  proxy.heal()
  await rig.stop()
  await proxy.stop()
  await db.drop()
})

/** What a bot's worker was granted with each heartbeat, oldest first, in milliseconds. */
const grantsOf = (id: string) =>
  rig.workerLines(id).flatMap(({ grantMs }) => (typeof grantMs === 'number' ? [grantMs] : []))

/** Waits for so many grants more than there are. @returns those. */
async function nextGrants(id: string, count: number): Promise<number[]> {
  const before = grantsOf(id).length
  await vi.waitFor(() => expect(grantsOf(id).length).toBeGreaterThanOrEqual(before + count), { timeout: 30_000 })
  return grantsOf(id).slice(before)
}

test('a grant is never longer than what is left of the subscription', async () => {
  const leftMs = 6000
  const id = await rig.approvedBot('well-behaved', { daysPerMonth: leftMs / 86_400_000 })
  await rig.startApart({ settings: { LEASE_TTL_SECONDS: '30', EXPIRY_CHECK_SECONDS: '60' } })
  const { pid } = await rig.until(id, 'running')
  const worker = processOf(pid)
  await vi.waitFor(() => expect(isGone(worker)).toBe(true), { timeout: 20_000 })
  expect(grantsOf(id)).not.toEqual([])
  for (const grantMs of grantsOf(id)) expect(grantMs).toBeLessThanOrEqual(leftMs)
})

test('no grant reaches beyond the lease that stands in the database, however slow that is', async () => {
  await startLeaseTrace(db.database)
  const id = await rig.approvedBot()
  // Each statement takes 200 ms: a lease that is counted from its answer is longer than the one that was written.
  proxy.delay(100)
  await rig.startApart({ url: proxied, settings: { LEASE_TTL_SECONDS: '12' } })
  await rig.until(id, 'running')
  const { rows } = await db.database.query<{ process: string }>('select process from instance_lease')
  await nextGrants(id, 3)
  const trace = await LeaseTrace.read(db.database)
  const reaches = rig.workerLines(id).flatMap(({ sentAtMs, atMs, grantMs }) => {
    if (typeof sentAtMs !== 'number' || typeof atMs !== 'number' || typeof grantMs !== 'number') return []
    const allowed = trace.allowedAt(rows[0]?.process ?? '', atMs)?.untilMs ?? 0
    return [sentAtMs + grantMs - allowed]
  })
  expect(reaches.length).toBeGreaterThan(3)
  for (const beyondMs of reaches) expect(beyondMs).toBeLessThan(20)
})

test('heartbeats are answered while the database does not answer', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart({ url: proxied, settings: { LEASE_TTL_SECONDS: '12' } })
  await rig.until(id, 'running')
  proxy.blackHole()
  await vi.waitFor(() => expect(supervisor.log).toContain('nothing is started until the database answers'), {
    timeout: 30_000,
  })
  const grants = await nextGrants(id, 1)
  expect(grants[0]).toBeGreaterThan(0)
})

test('while it is unknown whether the lease holds, no start is even tried', async () => {
  const [first, second] = [await rig.approvedBot(), await rig.approvedBot()]
  const stranger = createServer().listen(rig.settings.WORKER_PORT_BASE + 1, '127.0.0.1')
  await once(stranger, 'listening')
  try {
    const settings = { LEASE_TTL_SECONDS: '12', WORKER_PORT_COUNT: '2' }
    const supervisor = await rig.startApart({ url: proxied, settings })
    await rig.until(first, 'running')
    // It gets no port and is tried again every second, for which no database is needed.
    await rig.until(second, 'backoff')
    const tries = () => supervisor.log.match(/start failed/g)?.length ?? 0
    const before = tries()
    await vi.waitFor(() => expect(tries()).toBeGreaterThan(before + 1), { timeout: 20_000 })
    proxy.cut()
    await vi.waitFor(() => expect(supervisor.log).toContain('nothing is started until the database answers'), {
      timeout: 20_000,
    })
    const tried = tries()
    await nextGrants(first, 2)
    expect(tries()).toBe(tried)
  } finally {
    stranger.close()
  }
})

test('a supervisor whose name was taken ends its workers at once, and not at their deadline', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart({ settings: { LEASE_TTL_SECONDS: '15' } })
  const worker = processOf((await rig.until(id, 'running')).pid)
  const renewed = async () =>
    (await db.database.query<{ beat: number }>(`select beat from server where name = 'alpha'`)).rows[0]?.beat ?? 0
  const before = await renewed()
  // Right after a renewal its worker may run for a whole lease.
  await vi.waitFor(async () => expect(await renewed()).toBeGreaterThan(before), { timeout: 20_000, interval: 20 })
  await nextGrants(id, 1)
  await db.database.query(`update server set server_epoch = server_epoch + 1 where name = 'alpha'`)
  await vi.waitFor(() => expect(supervisor.log).toContain('"end":"lost"'), { timeout: 20_000, interval: 20 })
  const lostMs = performance.now()
  await vi.waitFor(() => expect(isGone(worker)).toBe(true), { timeout: 20_000, interval: 20 })
  // Ten seconds of its grant were left.
  expect(performance.now() - lostMs).toBeLessThan(6000)
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
})

test('a worker that cannot be verified is waited out for as long as it was granted, however many supervisors come and go', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart({ settings: { LEASE_TTL_SECONDS: '14' } })
  const worker = processOf((await rig.until(id, 'running')).pid)
  await first.kill()
  // The row of a worker in another pid namespace, as a container leaves it.
  await db.database.query(
    `update instance_lease set process = regexp_replace(process, '/[0-9]+/', '/1/') where instance_id = $1`,
    [id],
  )
  const second = await rig.startApart()
  await rig.until(id, 'backoff')
  await second.kill()
  await rig.startApart()
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(isGone(worker)).toBe(true)
  await kill(worker)
})
