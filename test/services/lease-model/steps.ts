/** The steps of the lease model: what supervisors, workers, operators, clocks and connections do. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { moveInstance } from '../../../services/move-instance.ts'
import { setServerDraining } from '../../../services/set-server-draining.ts'
import { startInstance } from '../../../services/start-instance.ts'
import { stopInstance } from '../../../services/stop-instance.ts'
import { forge } from './forgeries.ts'
import { type BotId, bots, type ServerName, serverNames } from './model-database.ts'
import { beat, pass, roundMs, type Scene, seatsOfName, tend } from './scene.ts'
import type { SimulatedSupervisor } from './supervisor.ts'
import type { Fate } from './world.ts'

const operator: Actor = { name: 'test', userId: null, role: 'owner', tenant: null, source: 'cli' }

type Act = (scene: Scene) => Promise<void> | void

class Step implements fc.AsyncCommand<object, Scene> {
  readonly #words: string
  readonly act: Act

  constructor(words: string, act: Act) {
    this.#words = words
    this.act = act
  }

  check(): boolean {
    return true
  }

  async run(_model: object, scene: Scene): Promise<void> {
    await this.act(scene)
    await scene.world.check()
  }

  toString(): string {
    return this.#words
  }
}

const seatIndex = fc.nat(seatsOfName * serverNames.length - 1)
const bot = fc.constantFrom<BotId>(...bots.map(({ id }) => id))
const server = fc.constantFrom<ServerName>(...serverNames)

/** Something that a supervisor does while it is alive and awake; now and then its statements are slow. */
function supervisorStep(words: string, act: (supervisor: SimulatedSupervisor, scene: Scene) => Promise<void>) {
  return fc.tuple(seatIndex, fc.nat(2)).map(([index, speed]) => {
    const isSlow = speed === 0
    return new Step(`${words}(${index}${isSlow ? ', slowly' : ''})`, async (scene) => {
      const supervisor = scene.seat(index)
      if (!supervisor.isActive) return
      supervisor.courier.isSlow = isSlow
      await act(supervisor, scene)
      supervisor.courier.isSlow = false
    })
  })
}

const supervisorSteps = [
  ...[1, 2, 3, 4].map(() => supervisorStep('Tend', tend)),
  supervisorStep('Take', (supervisor) => supervisor.take()),
  supervisorStep('Renew', (supervisor) => supervisor.renew()),
  supervisorStep('ReadPlan', (supervisor) => supervisor.readPlan()),
  supervisorStep('Decide', (supervisor) => supervisor.decide()),
  supervisorStep('Beat', beat),
  supervisorStep('Place', (supervisor) => supervisor.place()),
  supervisorStep('Forge', forge),
]

const troubles = [
  seatIndex.map((index) => new Step(`Crash(${index})`, (scene) => scene.replace(scene.holder(index)))),
  ...[1, 2].map(() =>
    seatIndex.map(
      (index) =>
        new Step(`Restart(${index})`, async (scene) => {
          const seat = scene.holder(index)
          scene.replace(seat)
          await scene.seat(seat).take()
        }),
    ),
  ),
  seatIndex.map((index) => new Step(`Upgrade(${index})`, (scene) => upgrade(scene, index))),
  seatIndex.map((index) => new Step(`Stall(${index})`, (scene) => scene.seat(scene.holder(index)).courier.stall(true))),
  seatIndex.map((index) => new Step(`Resume(${index})`, (scene) => scene.seat(index).courier.stall(false))),
  fc.tuple(seatIndex, fc.boolean()).map(
    ([index, keepWorkers]) =>
      new Step(`Leave(${index}${keepWorkers ? ', keeping workers' : ''})`, async (scene) => {
        const supervisor = scene.seat(index)
        if (!supervisor.isActive || supervisor.courier.isWaiting) return
        await supervisor.leave({ keepWorkers })
        scene.replace(index)
      }),
  ),
]

const fates = [
  fc.nat(5).map(
    (back) =>
      new Step(`WorkerEnds(${back})`, ({ world }) => {
        const worker = world.workers.at(-1 - back)
        if (worker?.isNamed === true) worker.hasEnded = true
      }),
  ),
  ...[1, 2].map(() =>
    fc.tuple(fc.nat(5), fc.constantFrom<Fate>('answered', 'answered', 'unanswered', 'dropped', 'overdue')).map(
      ([index, fate]) =>
        new Step(`Arrive(${index}, ${fate})`, async ({ world }) => {
          const { underWay } = world
          const [statement] = underWay.splice(index % Math.max(1, underWay.length), 1)
          await statement?.(fate)
        }),
    ),
  ),
]

const clocks = [
  ...[1, 2].map(() =>
    fc.constant(
      new Step('Round', async (scene) => {
        await pass(scene, roundMs)
        for (const supervisor of scene.seats) if (supervisor.isActive) await tend(supervisor, scene)
      }),
    ),
  ),
  ...[1, 2].map(() =>
    fc.constantFrom(500, 3000, 6000, 11_500).map((ms) => new Step(`Pass(${ms})`, (scene) => pass(scene, ms))),
  ),
  fc
    .constantFrom(-3_600_000, 3_600_000, 20_000)
    .map((ms) => new Step(`ClockJump(${ms})`, ({ world }) => world.database.moveClock(ms))),
]

const orders = [
  fc.tuple(bot, server, fc.boolean()).map(
    ([id, to, force]) =>
      new Step(`Move(${id}, ${to}${force ? ', force' : ''})`, (scene) =>
        scene.order(async (tx) => {
          const before = await scene.world.database.assignments()
          const { server_name: now } = await moveInstance(tx, operator, { id, to, force })
          expect(now).toBe(to)
          if (force || before.some((other) => other.id === id && other.server === to)) return
          const standing = await scene.world.database.standingOf(to)
          expect(standing, `${id} moves to ${to}`).toMatchObject({ isHeld: true, isDraining: false })
        }),
      ),
  ),
  fc
    .tuple(server, fc.boolean(), fc.constantFrom('stay', 'stop'))
    .map(
      ([name, draining, pinned]) =>
        new Step(`Drain(${name}, ${draining ? pinned : 'no'})`, (scene) =>
          scene.order((tx) => setServerDraining(tx, operator, { name, draining, pinned })),
        ),
    ),
  fc
    .tuple(bot, fc.boolean())
    .map(
      ([id, isWanted]) =>
        new Step(`${isWanted ? 'Start' : 'Stop'}(${id})`, (scene) =>
          scene.order((tx) => (isWanted ? startInstance : stopInstance)(tx, operator, { id })),
        ),
    ),
]

/** Work of a supervisor, whose last statements stay under way. */
const works = {
  Start: async (supervisor: SimulatedSupervisor, scene: Scene) => {
    await crashWorkers(supervisor, scene)
    await supervisor.decide()
    supervisor.courier.isSlow = true
    await supervisor.decide()
  },
  Release: async (supervisor: SimulatedSupervisor, scene: Scene) => {
    await crashWorkers(supervisor, scene)
    supervisor.courier.isSlow = true
    await supervisor.decide()
  },
  Tend: async (supervisor: SimulatedSupervisor, scene: Scene) => {
    supervisor.courier.isSlow = true
    await tend(supervisor, scene)
  },
}

/**
 * An upgrade, or a supervisor that dies and comes back at once: the workers that it may keep do not notice. The same
 * process goes on under the same epoch and nonce, or the heartbeat of the new supervisor would have ended it.
 */
async function upgrade(scene: Scene, index: number): Promise<void> {
  const { world } = scene
  const seat = scene.holder(index)
  const { server: own, courier, term } = scene.seat(seat)
  if (!courier.isAlive || courier.isWaiting || term?.isCertain() !== true) return
  const { isDraining, stopsPinned } = await world.database.standingOf(own)
  const kept = (await world.database.assignments()).flatMap((assigned) => {
    const isWanted = assigned.server === own && assigned.desired === 'running' && !assigned.isRestartAsked
    const worker = world.receiving(assigned.id)[0]
    return isWanted && worker?.server === own && !(assigned.placement === 'pinned' && stopsPinned) ? [worker] : []
  })
  if (isDraining || kept.some((worker) => !term.fleet.isLive(worker))) return
  scene.replace(seat)
  // The first plan comes before any heartbeat.
  await scene.seat(seat).take()
  await scene.seat(seat).readPlan()
  await scene.seat(seat).decide()
  await tend(scene.seat(seat), scene)
  for (const worker of kept) {
    const words = `epoch ${worker.epoch} of ${worker.instanceId} goes on`
    expect(worker.mayReceive(world.nowMs) && scene.seat(seat).term?.fleet.isLive(worker), words).toBe(true)
  }
  if (kept.length > 0) world.reach('kept')
}

async function crashWorkers(supervisor: SimulatedSupervisor, { world }: Scene): Promise<void> {
  for (const worker of world.workers) worker.hasEnded ||= worker.isNamed && worker.server === supervisor.server
  await supervisor.readPlan()
}

/** What comes between a supervisor's question and its statement, which it may even have given up by then. */
const amid = fc
  .tuple(
    seatIndex,
    fc.constantFrom('Start', 'Release', 'Tend'),
    fc.boolean(),
    fc.oneof(...troubles, ...clocks, ...orders, ...orders, ...orders),
  )
  .map(([index, work, isGivenUp, other]) => {
    const words = `Amid(${index}, ${work}${isGivenUp ? ', given up' : ''}, ${other.toString()})`
    return new Step(words, async (scene) => {
      const { underWay } = scene.world
      const supervisor = scene.seat(scene.holder(index))
      if (!supervisor.isActive || supervisor.term === undefined || underWay.length > 0) return
      await works[work](supervisor, scene)
      supervisor.courier.isSlow = false
      for (const statement of isGivenUp ? underWay.splice(0) : []) await statement('overdue')
      await other.act(scene)
      for (const statement of underWay.splice(0)) await statement('answered')
    })
  })

export const steps = fc.commands<object, Scene, false>(
  [...supervisorSteps, ...troubles, ...fates, ...clocks, ...orders, amid, amid, amid],
  { maxCommands: 100, size: 'max' },
)
