/** Supervisors that die, and the next one of the same name: on real processes, with the plain worker. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { InstanceView } from '../../domain/instance.ts'
import { livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import { restartInstance } from '../../services/restart-instance.ts'
import { stopInstance } from '../../services/stop-instance.ts'
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

/** Long enough that workers live until the next supervisor has started, on a busy machine, too. */
const settings = { LEASE_TTL_SECONDS: '8' }

const sameWorker = (before: InstanceView) => (view: InstanceView) =>
  view.pid === before.pid && view.epoch === before.epoch

test('the next supervisor adopts the workers of a killed one: same pids, same epochs', async () => {
  const ids = await Promise.all([rig.approvedBot(), rig.approvedBot(), rig.approvedBot()])
  const first = await rig.startApart({ settings })
  const before = await Promise.all(ids.map((id) => rig.until(id, 'running')))
  await first.kill()
  await rig.startApart({ settings })
  await Promise.all(ids.map((id) => rig.untilEvent(id, { kind: 'worker_adopted' })))
  const after = await Promise.all(ids.map((id) => rig.until(id, 'running')))
  expect(after.map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
  expect(after.map(({ epoch }) => epoch)).toEqual([1, 1, 1])
  // They live on past the lease of the first one.
  await vi.waitFor(
    () => expect(rig.workerLines(ids[0]).filter(({ msg }) => msg === 'granted').length).toBeGreaterThan(9),
    { timeout: 30_000 },
  )
  expect((await rig.show(ids[0])).pid).toBe(before[0]?.pid)
})

test('serve --keep-workers leaves them running, and the next one adopts them', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart({ settings })
  const before = await rig.until(id, 'running')
  first.signal('SIGUSR2')
  expect(await first.ended).toBe(0)
  expect(livenessOf(processOf(before.pid))).toBe('alive')
  // The name is not free: its lease is left to lapse.
  const { rowCount } = await db.database.query(
    'select 1 from server where holder is not null and lease_until > clock_timestamp()',
  )
  expect(rowCount).toBe(1)
  await rig.startApart({ settings })
  await rig.untilEvent(id, { kind: 'worker_adopted' })
  await rig.until(id, 'running', sameWorker(before))
})

test('a worker leads a process group of its own: what is sent to its supervisor and all that belongs to it passes it by', async () => {
  const id = await rig.approvedBot()
  await rig.startApart()
  const { pid } = await rig.until(id, 'running')
  const stat = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
  const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  expect([group, session]).toEqual([String(pid), String(pid)])
})

test('stop, restart, heartbeats and a crash work on an adopted worker as on an own one', async () => {
  const [stopped, restarted, killed] = await Promise.all([rig.approvedBot(), rig.approvedBot(), rig.approvedBot()])
  const first = await rig.startApart({ settings })
  const before = await Promise.all([stopped, restarted, killed].map((id) => rig.until(id, 'running')))
  await first.kill()
  await rig.startApart({ settings })
  await Promise.all([stopped, restarted, killed].map((id) => rig.untilEvent(id, { kind: 'worker_adopted' })))
  await db.database.transaction(async (tx) => {
    await stopInstance(tx, ownerActor, { id: stopped })
    await restartInstance(tx, ownerActor, { id: restarted })
  })
  signalProcess(processOf(before[2]?.pid ?? null), 'SIGKILL')
  await rig.until(stopped, 'stopped', ({ pid }) => pid === null)
  await rig.until(restarted, 'running', ({ epoch }) => epoch === 2)
  await rig.until(killed, 'running', ({ epoch, restarts }) => epoch === 2 && restarts === 1)
})

test('the death of an adopted worker is known at once by its lifeline, and not when it is looked for', async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => rig.approvedBot()))
  const first = await rig.startApart({ settings: { LEASE_TTL_SECONDS: '30' } })
  await Promise.all(ids.map((id) => rig.until(id, 'running')))
  await first.kill()
  const second = await rig.startApart({ settings: { LEASE_TTL_SECONDS: '30' } })
  await Promise.all(ids.map((id) => rig.untilEvent(id, { kind: 'worker_adopted' })))
  for (const [index, id] of ids.entries()) {
    signalProcess(processOf((await rig.show(id)).pid), 'SIGKILL')
    const diedMs = performance.now()
    await vi.waitFor(() => expect(second.log.match(/"worker ended"/g)).toHaveLength(index + 1), {
      timeout: 10_000,
      interval: 5,
    })
    // It looks by itself every two seconds.
    expect(performance.now() - diedMs).toBeLessThan(700)
  }
})

test('a worker that died while no supervisor ran is started again at once', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart()
  const before = await rig.until(id, 'running')
  await first.kill()
  const worker = processOf(before.pid)
  signalProcess(worker, 'SIGKILL')
  await vi.waitFor(() => expect(livenessOf(worker)).toBe('dead'))
  await rig.startApart()
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
})

test('a worker that does not report is killed at its deadline, waited for, and replaced', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart()
  const before = await rig.until(id, 'running')
  const worker = processOf(before.pid)
  signalProcess(worker, 'SIGSTOP')
  await first.kill()
  await rig.startApart()
  const after = await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(after.pid).not.toBe(before.pid)
  expect(livenessOf(worker)).toBe('dead')
  await rig.untilEvent(id, { reason: 'it did not report to its new supervisor before its deadline' })
})

test('a worker that cannot be verified from here is not touched, not doubled, and waited out visibly', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart({ settings })
  const before = await rig.until(id, 'running')
  const worker = processOf(before.pid)
  await first.kill()
  // The row of a worker in another pid namespace, as a container leaves it.
  await db.database.query(
    `update instance_lease set process = regexp_replace(process, '/[0-9]+/', '/1/') where instance_id = $1`,
    [id],
  )
  const startedMs = performance.now()
  await rig.startApart({ settings })
  const waiting = await rig.until(id, 'backoff')
  expect(waiting.last_error).toContain('cannot be verified from here')
  expect(livenessOf(worker)).toBe('alive')
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(performance.now() - startedMs).toBeGreaterThan(3000)
  expect(livenessOf(worker)).toBe('dead')
})

test('a pid that belongs to a stranger now is never signalled', async () => {
  const id = await rig.approvedBot()
  const first = await rig.startApart()
  const before = await rig.until(id, 'running')
  signalProcess(processOf(before.pid), 'SIGKILL')
  await first.kill()
  // The row says our own test's pid, with the start ticks of the worker that is gone.
  await db.database.query(
    `update instance_lease set process = regexp_replace(process, '/[0-9]+/([0-9]+)$', $2 || '/\\1') where instance_id = $1`,
    [id, `/${process.pid}`],
  )
  await rig.startApart()
  await rig.until(id, 'running', ({ epoch }) => epoch >= 2)
})
