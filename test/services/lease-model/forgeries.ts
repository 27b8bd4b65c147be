/** What nobody may succeed with, in whatever state the fleet is. */
import { expect } from 'vitest'
import { adoptInstance } from '../../../services/adopt-instance.ts'
import { freeServerName } from '../../../services/free-server-name.ts'
import { moveFloatingAway } from '../../../services/move-floating-away.ts'
import { readOtherServers } from '../../../services/read-other-servers.ts'
import { type TakeOverInstances, takeOverInstances } from '../../../services/take-over-instances.ts'
import { takeServerName } from '../../../services/take-server-name.ts'
import { bots } from './model-database.ts'
import type { Scene } from './scene.ts'
import type { SimulatedSupervisor } from './supervisor.ts'
import type { World } from './world.ts'

const hourMs = 3_600_000

/** Tries forgeries, and once more when the database's clock has jumped past every lease. */
export async function forge(supervisor: SimulatedSupervisor, scene: Scene): Promise<void> {
  await forgeAdoptions(supervisor, scene)
  await forgeTakeOvers(supervisor, scene)
  await scene.world.database.moveClock(hourMs)
  await forgeAdoptions(supervisor, scene)
  await supervisor.renew()
  await forgeTakeOvers(supervisor, scene)
  await forgeTake(supervisor, scene)
}

/** What a take-over would take; it is rolled back. */
async function tryTakeOver(world: World, input: TakeOverInstances): Promise<string[]> {
  let ids: string[] = []
  const rollBack = new Error('rolled back')
  await world.database
    .transaction(async (tx) => {
      ids = await takeOverInstances(tx, input)
      throw rollBack
    })
    .catch((error: unknown) => {
      if (error !== rollBack) throw error
    })
  return ids
}

/** A freeing and a hand-over by an earlier term; a rival that says it has watched the beat, while the lease runs by the database's clock. */
async function forgeTake({ server, term }: SimulatedSupervisor, { world }: Scene): Promise<void> {
  const { isHeld, serverEpoch, beat } = await world.database.standingOf(server)
  if (!isHeld || term?.isCertain() !== true || term.serverEpoch !== serverEpoch || term.isRenewing) return
  const earlier = { server, serverEpoch: serverEpoch - 1 }
  expect(await freeServerName(world.database, earlier), `${server} is freed by an earlier term`).toBe(false)
  const moved = await world.database.transaction((tx) => moveFloatingAway(tx, { ...earlier, ids: 'all' }))
  expect(moved, `${server} hands over in an earlier term`).toEqual([])
  const verdict = await world.database.transaction((tx) =>
    takeServerName(tx, {
      server,
      holder: 'a rival',
      ttlMs: 1,
      capacity: 0,
      url: null,
      version: 'test',
      stillBeat: beat,
      isProvablyDead: () => false,
    }),
  )
  expect(verdict.kind, `a forged take of ${server}`).toBe('held')
}

/** Adoptions that no token allows: of a superseded worker, with another's nonce, for a term or a server of others. */
async function forgeAdoptions(supervisor: SimulatedSupervisor, { world }: Scene): Promise<void> {
  const { server: own, term } = supervisor
  if (term === undefined) return
  const { isHeld } = await world.database.standingOf(own)
  for (const { id } of bots) {
    const [newest, before] = world.workers.filter((worker) => worker.instanceId === id).reverse()
    if (newest === undefined) continue
    const lease = await world.database.leaseOf(id)
    const honest = {
      instanceId: id,
      epoch: newest.epoch,
      nonce: newest.nonce,
      server: own,
      serverEpoch: term.serverEpoch,
    }
    const forgeries = [
      { ...honest, nonce: `${newest.nonce}!` },
      { ...honest, serverEpoch: term.serverEpoch - 1 },
      ...(newest.server === own && lease?.phase !== 'idle' && isHeld ? [] : [honest]),
      ...(before === undefined ? [] : [{ ...honest, epoch: before.epoch, nonce: before.nonce }]),
      ...(before === undefined ? [] : [{ ...honest, epoch: before.epoch }]),
    ]
    for (const forgery of forgeries) {
      expect(await adoptInstance(world.database, forgery), `a forged adoption of ${id}`).toBe(false)
    }
  }
}

/**
 * Take-overs for a term that is over, or from a server whose beat has moved on since it was watched, or whose lease runs
 * by the database's clock, whatever a clock of ours says.
 */
async function forgeTakeOvers(supervisor: SimulatedSupervisor, { world }: Scene): Promise<void> {
  const { server, term } = supervisor
  if (term?.isCertain() !== true) return
  for (const { name: from, beat, isFree, hasLapsed } of await readOtherServers(world.database, server)) {
    const honest = { server, serverEpoch: term.serverEpoch, from, stillBeat: beat, stillMs: 0, room: bots.length }
    const forgeries = [
      { ...honest, serverEpoch: term.serverEpoch - 1 },
      ...(!isFree && !hasLapsed ? [honest] : []),
      ...(isFree ? [] : [{ ...honest, stillBeat: beat - 1 }]),
    ]
    for (const forgery of forgeries) {
      const ids = await world.database.transaction((tx) => takeOverInstances(tx, forgery))
      expect(ids, `a forged take-over from ${from}`).toEqual([])
    }
    const bounded = await world.database.boundedNow()
    const early = (await tryTakeOver(world, honest)).filter((id) => bounded.includes(id))
    expect(early, `taken over from ${from} before its may_run_until`).toEqual([])
  }
}
