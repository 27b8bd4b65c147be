/** The spare: a crash is answered by the process that waited for it, and the next one waits soon after. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { listServers } from '../../services/list-servers.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { isGone, kill, processOf } from '../support/faults.ts'
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

/** The processes that a process has started and not reaped. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

/** Waits until a supervisor has one child besides these. @returns its pid. */
async function spareOf(supervisor: number, others: readonly (number | null)[]): Promise<number> {
  return vi.waitFor(
    () => {
      const [spare, ...more] = childrenOf(supervisor).filter((pid) => !others.includes(pid))
      expect(more).toEqual([])
      if (spare === undefined) throw new Error('no spare yet')
      return spare
    },
    { timeout: 20_000, interval: 20 },
  )
}

test('a crash is answered by the spare, and another one is made', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart()
  const first = await rig.until(id, 'running')
  const spare = await spareOf(supervisor.pid, [first.pid])
  await kill(processOf(first.pid))
  const second = await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  expect(second.pid).toBe(spare)
  expect(await spareOf(supervisor.pid, [second.pid])).not.toBe(spare)
})

test('with STANDBY=0 there is none', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart({ settings: { STANDBY: '0' } })
  const { pid } = await rig.until(id, 'running')
  // Samples are taken every second, and a spare would have been made half a second after the start.
  await vi.waitFor(
    async () => {
      const { rowCount } = await db.database.query('select 1 from instance_sample')
      expect(rowCount).toBeGreaterThan(1)
    },
    { timeout: 20_000 },
  )
  expect(childrenOf(supervisor.pid)).toEqual([pid])
  expect((await listServers(db.database, ownerActor))[0]?.standby_count).toBe(0)
})

test('a spare ends with its supervisor', async () => {
  const id = await rig.approvedBot()
  const supervisor = await rig.startApart()
  const { pid } = await rig.until(id, 'running')
  const spare = processOf(await spareOf(supervisor.pid, [pid]))
  await supervisor.kill()
  await vi.waitFor(() => expect(isGone(spare)).toBe(true), { timeout: 10_000 })
})
