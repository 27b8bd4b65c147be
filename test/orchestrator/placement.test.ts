/** Which server runs a bot: moves without overlap, drains, admission, and what a dead server leaves. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { livenessOf } from '../../runtime/process-identity.ts'
import { editInstance } from '../../services/edit-instance.ts'
import { listInstanceEvents } from '../../services/list-instance-events.ts'
import { listServers } from '../../services/list-servers.ts'
import { moveInstance } from '../../services/move-instance.ts'
import { setServerDraining } from '../../services/set-server-draining.ts'
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

async function floatingBot(): Promise<string> {
  const id = await rig.approvedBot()
  await db.database.transaction((tx) => editInstance(tx, ownerActor, { id, placement: 'floating' }))
  return id
}

test('a bot that is moved ends here before it starts there', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  await rig.start({ server: 'beta' })
  const before = await rig.until(id, 'running')
  const worker = processOf(before.pid)
  await db.database.transaction((tx) => moveInstance(tx, ownerActor, { id, to: 'beta' }))
  const after = await rig.until(id, 'running', (view) => view.epoch === 2)
  expect(after.server_name).toBe('beta')
  expect(livenessOf(worker)).toBe('dead')
  await rig.untilEvent(id, { kind: 'worker_started', server_name: 'beta' })
  const events = (await listInstanceEvents(db.database, ownerActor, { id, limit: 100 })).toReversed()
  const words = events.map(({ kind, server_name: server }) => `${kind} ${server ?? ''}`)
  expect(words.indexOf('worker_ended alpha')).toBeGreaterThan(0)
  expect(words.indexOf('worker_started beta')).toBeGreaterThan(words.indexOf('worker_ended alpha'))
})

test('a move to a server that is unknown, down, drained or full is refused; --force moves nevertheless', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  const move = (to: string, force = false) =>
    db.database.transaction((tx) => moveInstance(tx, ownerActor, { id, to, force }))
  await expect(move('nowhere')).rejects.toThrow(/no server nowhere/)
  await db.database.query(`insert into server (name) values ('beta')`)
  await expect(move('beta')).rejects.toThrow(/beta is not running: nothing was moved/)
  await move('beta', true)
  const waiting = await rig.until(id, 'stopped')
  expect(waiting.server_name).toBe('beta')
  await rig.start({ server: 'beta' })
  await rig.until(id, 'running', (view) => view.epoch >= 1)
  await db.database.transaction((tx) => setServerDraining(tx, ownerActor, { name: 'alpha', draining: true }))
  await expect(move('alpha')).rejects.toThrow(/alpha is draining/)
  await db.database.query(`update server set draining = false, capacity = 0 where name = 'alpha'`)
  await expect(move('alpha')).rejects.toThrow(/alpha is full \(0 of 0 bots\)/)
})

test('draining hands floating bots over to a server with room; pinned ones stay, or are stopped as asked', async () => {
  const [pinned, floating] = [await rig.approvedBot(), await floatingBot()]
  await rig.start()
  await rig.start({ server: 'beta' })
  const before = await rig.until(pinned, 'running')
  await rig.until(floating, 'running')
  const drain = (stays: 'stay' | 'stop') =>
    db.database.transaction((tx) => setServerDraining(tx, ownerActor, { name: 'alpha', draining: true, pinned: stays }))
  await drain('stay')
  await rig.until(floating, 'running', (view) => view.server_name === 'beta' && view.epoch === 2)
  expect((await rig.show(pinned)).pid).toBe(before.pid)
  await drain('stop')
  const stopped = await rig.until(pinned, 'stopped', (view) => view.last_error !== null)
  expect(stopped.last_error).toContain('drained')
  expect(stopped.desired).toBe('running')
  await db.database.transaction((tx) => setServerDraining(tx, ownerActor, { name: 'alpha', draining: false }))
  await rig.until(pinned, 'running', (view) => view.last_error === null)
})

test('what does not fit waits with the reason, and starts when a seat is free', async () => {
  await rig.stop()
  rig = new Rig(db, { MAX_INSTANCES: '1' })
  const [first, second] = [await rig.approvedBot(), await rig.approvedBot()].toSorted()
  await rig.start()
  await rig.until(first ?? '', 'running')
  const waiting = await rig.until(second ?? '', 'stopped', (view) => view.last_error !== null)
  expect(waiting.last_error).toContain('alpha is full: it runs 1 bots at most')
  expect(waiting.epoch).toBe(0)
  await db.database.query(`update instance set desired = 'stopped' where id = $1`, [first])
  const started = await rig.until(second ?? '', 'running')
  expect(started.last_error).toBeNull()
})

test('a floating bot that does not fit goes to a server with room', async () => {
  await rig.stop()
  rig = new Rig(db, { MAX_INSTANCES: '1' })
  const ids = [await floatingBot(), await floatingBot()]
  await rig.start()
  await rig.start({ server: 'beta' })
  const views = await Promise.all(ids.map((id) => rig.until(id, 'running')))
  expect(views.map((view) => view.server_name).toSorted()).toEqual(['alpha', 'beta'])
})

test('the floating bots of a killed server are taken over once they can run there no more; pinned ones wait', async () => {
  const [pinned, floating] = [await rig.approvedBot(), await floatingBot()]
  const alpha = await rig.startApart()
  await rig.start({ server: 'beta' })
  await rig.until(pinned, 'running')
  const before = await rig.until(floating, 'running')
  const worker = processOf(before.pid)
  await alpha.kill()
  const after = await rig.until(floating, 'running', (view) => view.server_name === 'beta')
  expect(after.epoch).toBe(2)
  // It had ended by itself before: its deadline is inside the lease that was waited out.
  expect(livenessOf(worker)).toBe('dead')
  expect((await rig.show(pinned)).server_name).toBe('alpha')
  // The server that returns does not fight for it.
  await rig.startApart()
  await rig.until(pinned, 'running', (view) => view.epoch === 2)
  expect(await rig.show(floating)).toMatchObject({ server_name: 'beta', pid: after.pid, epoch: 2 })
})

test('a server that is drained takes nothing over until it no longer is', async () => {
  const id = await floatingBot()
  const alpha = await rig.startApart()
  await rig.start({ server: 'beta' })
  await rig.until(id, 'running')
  const drain = (draining: boolean) =>
    db.database.transaction((tx) => setServerDraining(tx, ownerActor, { name: 'beta', draining }))
  await drain(true)
  await alpha.kill()
  // It beats once a second, and watches the other one for little longer than its lease of three.
  const beatOf = async () =>
    (await db.database.query<{ beat: number }>(`select beat from server where name = 'beta'`)).rows[0]?.beat ?? 0
  const beat = await beatOf()
  await vi.waitFor(async () => expect(await beatOf()).toBeGreaterThan(beat + 6), { timeout: 20_000 })
  expect((await rig.show(id)).server_name).toBe('alpha')
  await drain(false)
  await rig.until(id, 'running', (view) => view.server_name === 'beta')
})

test('a bot that was moved away from a dead server starts once its last worker can run no more', async () => {
  const id = await rig.approvedBot()
  // Its worker may run on for long enough that the other server is seen waiting, on a busy machine, too.
  const alpha = await rig.startApart({ settings: { LEASE_TTL_SECONDS: '8' } })
  await rig.start({ server: 'beta' })
  const before = await rig.until(id, 'running')
  const worker = processOf(before.pid)
  await alpha.kill()
  await db.database.transaction((tx) => moveInstance(tx, ownerActor, { id, to: 'beta' }))
  const waiting = await rig.until(id, 'stopped', (view) => view.last_error !== null)
  expect(waiting.last_error).toBe('waiting until alpha has let go of it')
  await rig.until(id, 'running', (view) => view.epoch === 2 && view.server_name === 'beta')
  expect(livenessOf(worker)).toBe('dead')
})

test('a supervisor that stood still beyond its lease notices before it does anything', async () => {
  const id = await floatingBot()
  const alpha = await rig.startApart()
  await rig.start({ server: 'beta' })
  const before = await rig.until(id, 'running')
  const worker = processOf(before.pid)
  alpha.signal('SIGSTOP')
  const after = await rig.until(id, 'running', (view) => view.server_name === 'beta')
  expect(livenessOf(worker)).toBe('dead')
  alpha.signal('SIGCONT')
  await vi.waitFor(() => expect(alpha.log).toContain('lease gone'), { timeout: 20_000 })
  // It takes its name anew, and leaves the bot where it is.
  await vi.waitFor(() => expect(alpha.log.match(/name taken/g)).toHaveLength(2), { timeout: 20_000 })
  expect(await rig.show(id)).toMatchObject({ server_name: 'beta', pid: after.pid, epoch: 2, state: 'running' })
})

test('a server that leaves in order hands its floating bots on at once', async () => {
  const id = await floatingBot()
  const alpha = await rig.start()
  await rig.start({ server: 'beta' })
  await rig.until(id, 'running')
  await alpha.stop()
  await rig.until(id, 'running', (view) => view.server_name === 'beta')
})

test('the spare of each server is counted with its memory', async () => {
  await rig.start()
  await vi.waitFor(
    async () => {
      const [server] = await listServers(db.database, ownerActor)
      expect(server?.standby_count).toBe(1)
      expect(server?.standby_memory_bytes).toBeGreaterThan(1_000_000)
    },
    { timeout: 20_000 },
  )
})
