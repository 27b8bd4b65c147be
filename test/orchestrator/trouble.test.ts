/** What a host and a network do to a server: each trouble has its message, and the rest runs on. */
import { spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isGone, kill, limit, processOf } from '../support/faults.ts'
import { Rig } from '../support/rig.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let rig: Rig
let proxy: TcpProxy
let through: string
beforeEach(async () => {
  db = await createTestDatabase()
  rig = new Rig(db)
  ;({ proxy, url: through } = await TcpProxy.toDatabase(db.url))
})
afterEach(async () => {
  proxy.heal()
  await rig.stop()
  await proxy.stop()
  await db.drop()
})

const aWhile = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('database away: nothing new starts, workers run to their deadline, and everything returns by itself', async () => {
  const id = await rig.approvedBot()
  await rig.start({ url: through })
  const before = await rig.until(id, 'running')
  const worker = processOf(before.pid)
  proxy.cut()
  const cutMs = performance.now()
  const second = await rig.approvedBot()
  await aWhile(700)
  expect(isGone(worker)).toBe(false)
  await vi.waitFor(() => expect(isGone(worker)).toBe(true), { timeout: 15_000 })
  expect(performance.now() - cutMs).toBeGreaterThan(1000)
  await aWhile(3000)
  expect([(await rig.show(id)).epoch, (await rig.show(second)).epoch]).toEqual([1, 0])
  proxy.heal()
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  await rig.until(second, 'running', ({ epoch }) => epoch === 1)
})

test('database away and a worker crashes: it stays down until the lease is proven, and the reason is kept', async () => {
  await rig.stop()
  rig = new Rig(db, { LEASE_TTL_SECONDS: '9' })
  const id = await rig.approvedBot()
  await rig.start({ url: through })
  const before = await rig.until(id, 'running')
  // The lease is fresh, and would let a worker run for long; but it cannot be proven.
  await vi.waitFor(() => expect(rig.logLines.join('')).toContain('term open'))
  proxy.cut()
  await kill(processOf(before.pid))
  await vi.waitFor(() => expect(rig.logLines.join('')).toContain('killed by SIGKILL'), { timeout: 10_000 })
  await aWhile(4000)
  expect(rig.logLines.filter((line) => line.includes('worker started'))).toHaveLength(1)
  const { rows } = await db.database.query<{ epoch: number; phase: string }>('select epoch, phase from instance_lease')
  expect(rows).toEqual([{ epoch: 1, phase: 'held' }])
  proxy.heal()
  await rig.until(id, 'running', (view) => view.epoch === 2)
  await rig.untilEvent(id, { kind: 'worker_ended', reason: 'killed by SIGKILL' })
})

test('no port left: the bot waits with the reason, however long, and starts when one is free again', async () => {
  await rig.stop()
  // A wait that counted as crashes would end in `failed` at the second try.
  rig = new Rig(db, { WORKER_PORT_BASE: '27500', WORKER_PORT_COUNT: '2', RESTART_BUDGET: '2' })
  const stranger = await listen(27_501)
  try {
    const [first, second] = [await rig.approvedBot(), await rig.approvedBot()]
    await rig.start()
    const waiting = await rig.until(second, 'backoff')
    expect(waiting.last_error).toBe('no free port from 27500 to 27501: set WORKER_PORT_BASE or WORKER_PORT_COUNT')
    expect(waiting.next_try_at).not.toBeNull()
    expect((await rig.until(first, 'running')).port).toBe(27_500)
    await aWhile(2500)
    expect((await rig.show(second)).state).not.toBe('failed')
    await new Promise((resolve) => stranger.close(resolve))
    expect((await rig.until(second, 'running')).port).toBe(27_501)
  } finally {
    stranger.close()
  }
})

test('no descriptor left in the supervisor: what runs goes on, what should start says why and starts later', async () => {
  const first = await rig.approvedBot()
  const supervisor = await rig.startApart()
  const before = await rig.until(first, 'running')
  const identity = processOf(supervisor.pid)
  await aWhile(1500)
  limit(identity, 'nofile', 10)
  const second = await rig.approvedBot()
  const waiting = await rig.until(second, 'backoff', (view) => view.last_error !== null)
  expect(waiting.last_error).toContain('no file descriptor is left')
  // Longer than its lease: the one that runs is granted time all the while.
  await aWhile(5000)
  expect(await rig.show(first)).toMatchObject({ state: 'running', pid: before.pid, epoch: 1 })
  limit(identity, 'nofile', 1000)
  await rig.until(second, 'running')
  expect(supervisor.isRunning).toBe(true)
})

const full = 'mkdir -p "$0" && mount -t tmpfs -o nr_inodes=1 none "$0" && exec "$@"'
const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', full, '/tmp', 'true']).status === 0

test.runIf(canMount)('a disk that takes no new file: a bot starts, and starts again, without a log', async () => {
  const id = await rig.approvedBot()
  await rig.startApart({ wrap: ['unshare', '--mount', 'sh', '-c', full, join(rig.home, 'logs', 'alpha')] })
  const before = await rig.until(id, 'running')
  await kill(processOf(before.pid))
  await rig.until(id, 'running', ({ epoch, restarts }) => epoch === 2 && restarts === 1)
})

function listen(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}
