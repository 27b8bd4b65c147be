/** A supervisor that stands still beyond its lease while another server takes its floating bots, and then goes on. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { editInstance } from '../../services/edit-instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { freeze, isGone, processOf, thaw } from '../support/faults.ts'
import { LeaseTrace, startLeaseTrace } from '../support/lease-trace.ts'
import { ownerActor, Rig } from '../support/rig.ts'

let db: TestDatabase
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
  await startLeaseTrace(db.database)
  rig = new Rig(db)
})
afterEach(async () => {
  await rig.stop()
  await db.drop()
})

test('it notices before it does anything: nothing of the floating bot is written or ended by it', async () => {
  const [floating, pinned] = [await rig.approvedBot(), await rig.approvedBot()]
  await db.database.transaction((tx) => editInstance(tx, ownerActor, { id: floating, placement: 'floating' }))
  const alpha = await rig.startApart({ server: 'alpha' })
  const before = await Promise.all([floating, pinned].map((id) => rig.until(id, 'running')))
  await rig.startApart({ server: 'beta', settings: { WORKER_PORT_BASE: '27400' } })
  const ownWorkers = before.map(({ pid }) => processOf(pid))

  const stalled = processOf(alpha.pid)
  freeze(stalled)
  const moved = await rig.until(floating, 'running', (view) => view.server_name === 'beta')
  expect(moved.epoch).toBe(2)
  // Its workers ended by themselves: it could not, and nobody else may signal them.
  await vi.waitFor(() => expect(ownWorkers.map(isGone)).toEqual([true, true]), { timeout: 10_000 })
  expect((await rig.show(pinned)).epoch).toBe(1)

  thaw(stalled)
  const thawedMs = Date.now()
  const returned = await rig.until(pinned, 'running', (view) => view.epoch === 2)
  expect(returned.server_name).toBe('alpha')
  expect(alpha.log).toContain('lease gone')
  expect(alpha.isRunning).toBe(true)
  // It took its name anew before it wrote anything, and the bot that moved away is none of its business.
  const trace = await LeaseTrace.read(db.database)
  const late = trace.rows.filter(({ atMs, server }) => atMs > thawedMs && server === 'alpha')
  expect(late.filter(({ serverEpoch, phase }) => serverEpoch === 1 && phase === 'held')).toEqual([])
  expect(late.filter(({ instance }) => instance === floating)).toEqual([])
  const after = await rig.show(floating)
  expect([after.server_name, after.state, after.pid, after.epoch]).toEqual(['beta', 'running', moved.pid, 2])
})
