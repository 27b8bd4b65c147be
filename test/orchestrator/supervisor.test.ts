import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { identityOf, livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import { expireInstance } from '../../services/expire-instance.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { setServerDraining } from '../../services/set-server-draining.ts'
import { stopInstance } from '../../services/stop-instance.ts'
import { suspendInstance } from '../../services/suspend-instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { processOf } from '../support/faults.ts'
import { ownerActor, Rig } from '../support/rig.ts'

let db: TestDatabase
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
  rig = new Rig(db)
})
afterEach(async () => {
  await rig.stop()
  await db.drop()
})

const grants = (id: string, epoch: number) =>
  rig.workerLines(id).filter((line) => line['msg'] === 'granted' && line['epoch'] === epoch).length

test('an approved bot runs, with its pid, port and epoch shown', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  const view = await rig.until(id, 'running')
  expect(view.epoch).toBe(1)
  expect(view.port).toBe(rig.settings.WORKER_PORT_BASE)
  expect(livenessOf(processOf(view.pid))).toBe('alive')
})

test('approving a bot wakes a running supervisor', async () => {
  await rig.start()
  const id = await rig.approvedBot()
  const approvedMs = performance.now()
  await rig.until(id, 'running')
  // Without a notification it would look again after fifteen seconds.
  expect(performance.now() - approvedMs).toBeLessThan(10_000)
})

test('a worker that was killed is started again at once under a new epoch', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  const first = await rig.until(id, 'running')
  signalProcess(processOf(first.pid), 'SIGKILL')
  const second = await rig.until(id, 'running', ({ epoch, restarts }) => epoch === 2 && restarts === 1)
  expect(second.pid).not.toBe(first.pid)
})

test('stop, suspend and expire end the worker; restart replaces it', async () => {
  const [stopped, suspended, expired, restarted] = await Promise.all([
    rig.approvedBot(),
    rig.approvedBot(),
    rig.approvedBot(),
    rig.approvedBot(),
  ])
  await rig.start()
  const before = await Promise.all([stopped, suspended, expired, restarted].map((id) => rig.until(id, 'running')))
  await db.database.transaction(async (tx) => {
    await stopInstance(tx, ownerActor, { id: stopped })
    await suspendInstance(tx, ownerActor, { id: suspended, reason: 'unpaid' })
    await expireInstance(tx, ownerActor, { id: expired })
    await restartInstance(tx, ownerActor, { id: restarted })
  })
  for (const id of [stopped, suspended, expired]) {
    const view = await rig.until(id, 'stopped')
    expect(view.pid).toBeNull()
  }
  await rig.until(restarted, 'running', (view) => view.epoch === 2)
  for (const { pid } of before) expect(pid === null ? undefined : identityOf(pid)).toBeUndefined()
})

test('a subscription that ends stops its worker by itself', async () => {
  const id = await rig.approvedBot('well-behaved', { daysPerMonth: 3 / 86_400 })
  await rig.start()
  await rig.until(id, 'running')
  const view = await rig.until(id, 'stopped', ({ status }) => status === 'expired')
  expect(view.desired).toBe('running')
})

test.for(['token_invalid', 'conflict', 'webhook'] as const)(
  'a worker that ends as %s rests and is not started again',
  async (reason) => {
    const id = await rig.approvedBot(`exit-${reason}`)
    await rig.start()
    const view = await rig.until(id, reason === 'webhook' ? 'conflict' : reason)
    expect(view.last_error).toBe(`said ${reason}`)
    await rig.stop()
    rig = new Rig(db)
    await rig.start()
    await vi.waitFor(() => expect(rig.logLines.join('')).toContain('term open'))
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect((await rig.show(id)).epoch).toBe(1)
  },
)

test('a crash loop backs off and ends in failed with a reason; restart tries again', async () => {
  await rig.stop()
  rig = new Rig(db, { RESTART_BUDGET: '3' })
  const id = await rig.approvedBot('crash-at-once')
  await rig.start()
  const failed = await rig.until(id, 'failed')
  expect(failed.last_error).toContain('exit code 1')
  expect(failed.restarts).toBe(3)
  await db.database.transaction((tx) => restartInstance(tx, ownerActor, { id }))
  await rig.until(id, 'failed', (view) => view.epoch > failed.epoch)
})

test('a healthy time forgives crashes: the next one is the first again', async () => {
  await rig.stop()
  // Two crashes in a row would be the end of it.
  rig = new Rig(db, { RESTART_BUDGET: '2', RESTART_HEALTHY_SECONDS: '1' })
  const id = await rig.approvedBot()
  await rig.start()
  for (const epoch of [1, 2]) {
    await rig.until(id, 'running', (view) => view.epoch === epoch)
    await vi.waitFor(() => expect(grants(id, epoch)).toBeGreaterThan(3), { timeout: 20_000 })
    const { pid } = await rig.until(id, 'running', (view) => view.attempt === 0)
    signalProcess(processOf(pid), 'SIGKILL')
  }
  await rig.until(id, 'running', (view) => view.epoch === 3)
})

test('a worker that ignores SIGTERM is killed after its grace', async () => {
  const id = await rig.approvedBot('ignore-sigterm')
  await rig.start()
  const { pid } = await rig.until(id, 'running')
  await db.database.transaction((tx) => stopInstance(tx, ownerActor, { id }))
  await rig.until(id, 'stopped')
  expect(pid === null ? undefined : identityOf(pid)).toBeUndefined()
})

test.for([
  ['go-silent', 'worker_hung', 'it hung: three heartbeats missed'],
  ['block', 'worker_hung', 'its event loop was blocked by work of its own: three heartbeats missed'],
  ['poll-stuck', 'worker_hung', 'a poll did not come back within 90 s'],
  ['grow', 'worker_over_memory', 'it used more than 256 MB of memory (WORKER_MEMORY_MB)'],
] as const)(
  'a worker that does %s is ended as %s with its own reason, and started again',
  async ([how, kind, reason]) => {
    const id = await rig.approvedBot(how)
    await rig.start()
    await rig.until(id, 'running', ({ epoch, restarts }) => epoch === 2 && restarts === 1)
    await rig.untilEvent(id, { kind, reason })
  },
)

test('a worker that never reports is ended after START_TIMEOUT_SECONDS with that reason, and started again', async () => {
  await rig.stop()
  rig = new Rig(db, { START_TIMEOUT_SECONDS: '2' })
  const id = await rig.approvedBot('never-report')
  await rig.start()
  await rig.until(id, 'running', ({ epoch, restarts }) => epoch === 2 && restarts === 1)
  await rig.untilEvent(id, { kind: 'worker_ended', reason: 'it did not report in time' })
})

test('a worker that was frozen by a signal is killed and started again, with that reason', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  const { pid } = await rig.until(id, 'running')
  signalProcess(processOf(pid), 'SIGSTOP')
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  await rig.untilEvent(id, { reason: 'it was frozen by a stop signal: three heartbeats missed' })
})

test('stopping the supervisor ends every worker and frees the name', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.start()
  const { pid } = await rig.until(id, 'running')
  await supervisor.stop()
  expect(pid === null ? undefined : identityOf(pid)).toBeUndefined()
  const { rows } = await db.database.query<{ holder: string | null }>('select holder from server')
  expect(rows).toEqual([{ holder: null }])
  expect((await rig.show(id)).state).toBe('stopped')
})

test('stopping the supervisor waits for a worker that takes its time, and frees the name only then', async () => {
  const id = await rig.approvedBot('ignore-sigterm')
  const supervisor = await rig.start()
  const worker = processOf((await rig.until(id, 'running')).pid)
  await supervisor.stop()
  expect(livenessOf(worker)).toBe('dead')
  const { rows } = await db.database.query<{ holder: string | null }>('select holder from server')
  expect(rows).toEqual([{ holder: null }])
})

test('a second supervisor of the same name is refused', async () => {
  await rig.start()
  await db.database.query(`update server set holder = replace(holder, '/', '/')`)
  const second = new Rig(db)
  // Another living process holds the name: our own parent stands in for it.
  const parent = processOf(process.ppid)
  await db.database.query('update server set holder = $1', [
    `${parent.bootId}/${parent.pidNamespace}/${parent.pid}/${parent.startTicks}`,
  ])
  await expect(second.start()).rejects.toThrow(/another supervisor holds the name alpha/)
  await second.stop()
})

test('a plan that was read before the worker was claimed does not restart it', async () => {
  const id = await rig.approvedBot()
  // The plan's statement waits at a gate, with the rows of the time before.
  await db.database.query(`alter function run_left_ms(instance) rename to run_left_ms_at_once`)
  await db.database.query(
    `create function run_left_ms(i instance) returns double precision language plpgsql as $$
     begin
       if current_query() like '%as clock_ms%' then perform pg_advisory_xact_lock_shared(1); end if;
       return run_left_ms_at_once(i);
     end $$`,
  )
  const waiting = (what: string) =>
    vi.waitFor(
      async () => {
        const { rows } = await db.database.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event = $1`,
          [what],
        )
        if (rows.length === 0) throw new Error(`nothing waits for ${what}`)
      },
      { timeout: 20_000, interval: 20 },
    )
  await db.database.transaction(async (gate) => {
    await db.database.transaction(async (lease) => {
      await lease.query('select 1 from instance_lease where instance_id = $1 for update', [id])
      await db.database.transaction(async (tx) => {
        await restartInstance(tx, ownerActor, { id })
        await rig.start({ queryTimeoutMs: 30_000 })
        await waiting('transactionid')
        await gate.query('select pg_advisory_xact_lock(1)')
      })
      await waiting('advisory')
    })
    await vi.waitFor(() => expect(rig.logLines.join('\n')).toContain('worker started'), { timeout: 20_000 })
  })
  await db.database.query('update instance set rate_limit_rps = 7.5 where id = $1', [id])
  await vi.waitFor(() => expect(rig.workerLines(id).at(-1)).toMatchObject({ limits: { rateLimitRps: 7.5 } }), {
    timeout: 20_000,
  })
  expect(await rig.until(id, 'running')).toMatchObject({ epoch: 1 })
  expect(rig.logLines.join('\n')).not.toContain('ending worker')
})

test('limits edited while a bot runs reach its worker without a restart', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  await rig.until(id, 'running')
  await db.database.query('update instance set rate_limit_rps = 7.5, max_concurrent_requests = 9 where id = $1', [id])
  await vi.waitFor(
    () =>
      expect(rig.workerLines(id).at(-1)).toMatchObject({
        epoch: 1,
        limits: { rateLimitRps: 7.5, maxConcurrentRequests: 9 },
      }),
    { timeout: 20_000 },
  )
})

test('a draining server starts nothing, also right after its own restart, and what runs goes on', async () => {
  const first = await rig.approvedBot()
  await rig.start()
  const before = await rig.until(first, 'running')
  await db.database.transaction((tx) => setServerDraining(tx, ownerActor, { name: 'alpha', draining: true }))
  await vi.waitFor(() => expect(rig.logLines.join('')).toContain('draining'), { timeout: 20_000 })
  const second = await rig.approvedBot()
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect((await rig.show(second)).epoch).toBe(0)
  expect((await rig.show(first)).pid).toBe(before.pid)
  await rig.stop()
  rig = new Rig(db)
  await rig.start()
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect((await rig.show(second)).epoch).toBe(0)
  await db.database.transaction((tx) => setServerDraining(tx, ownerActor, { name: 'alpha', draining: false }))
  await rig.until(second, 'running')
})

test('twenty approved bots all come to run, a few at a time', { timeout: 120_000 }, async () => {
  const ids: string[] = []
  for (let index = 0; index < 20; index += 1) ids.push(await rig.approvedBot())
  await rig.start()
  const views = await Promise.all(ids.map((id) => rig.until(id, 'running')))
  expect(new Set(views.map(({ port }) => port)).size).toBe(ids.length)
  expect(new Set(views.map(({ pid }) => pid)).size).toBe(ids.length)
})

test('a platform without a worker program is said, and nothing is tried again and again', async () => {
  const id = await rig.approvedBot()
  await db.database.query(`update instance set platform = 'whatsapp' where id = $1`, [id])
  await rig.start()
  const view = await rig.until(id, 'failed')
  expect(view.last_error).toContain('no worker for whatsapp')
  expect(view.epoch).toBe(0)
})
