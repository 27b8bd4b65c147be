/** The steps of the lease model: what supervisors, workers, operators, clocks and connections do. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { type Actor } from '../../../domain/actor.ts'
import { Failure } from '../../../domain/failure.ts'
import { adoptInstance } from '../../../services/adopt-instance.ts'
import { moveInstance } from '../../../services/move-instance.ts'
import { setServerDraining } from '../../../services/set-server-draining.ts'
import { startInstance } from '../../../services/start-instance.ts'
import { stopInstance } from '../../../services/stop-instance.ts'
import { type BotId, bots, type ModelDatabase, type ServerName, serverNames } from './model-database.ts'
import { SimulatedSupervisor } from './supervisor.ts'
import { type Fate, type Reached, World } from './world.ts'

/** The hosts on which the two supervisors of each name sit. */
export interface Layout {
  readonly alpha: readonly [number, number]
  readonly beta: readonly [number, number]
}

const operator: Actor = { name: 'test', userId: null, role: 'owner', tenant: null, source: 'cli' }

/** The world, and who sits where in it. */
export class Scene {
  readonly world: World
  readonly seats: SimulatedSupervisor[]

  constructor(database: ModelDatabase, layout: Layout, reached: Map<Reached, number>) {
    this.world = new World(database, reached)
    this.seats = serverNames.flatMap((server) =>
      layout[server].map((host) => new SimulatedSupervisor(this.world, server, host)),
    )
  }

  seat(index: number): SimulatedSupervisor {
    const supervisor = this.seats[index]
    if (supervisor === undefined) throw new Error(`no seat ${index}`)
    return supervisor
  }

  /** The seat of that number or else the next whose supervisor holds a name: trouble elsewhere is no trouble. */
  holder(index: number): number {
    const count = this.seats.length
    const order = this.seats.map((_, distance) => (index + distance) % count)
    return order.find((candidate) => this.seat(candidate).isActive && this.seat(candidate).term !== undefined) ?? index
  }

  /** A supervisor is gone; another process sits down in its place. */
  replace(index: number): void {
    const { server, host } = this.seat(index)
    this.seat(index).die()
    this.seats[index] = new SimulatedSupervisor(this.world, server, host)
  }

  /** As the operator's command does; what is refused changes nothing. */
  async order(work: (tx: Tx) => Promise<unknown>): Promise<void> {
    try {
      await this.world.database.transaction(work)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    }
  }
}

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

/** Less than a third of a lease, so that everybody who is awake renews in time. */
export const roundMs = 2500

/** Supervisors of each name. */
const layoutSeats = 2
const seatIndex = fc.nat(layoutSeats * serverNames.length - 1)
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

/** Heartbeats of all workers that call this server; a worker of its name may still be connected to either supervisor. */
export async function beat(supervisor: SimulatedSupervisor, { world }: Scene): Promise<void> {
  for (const worker of world.workers) {
    if (worker.server !== supervisor.server || !worker.isNamed || worker.hasEnded) continue
    if (worker.isPast(world.nowMs)) worker.hasEnded = true
    else await supervisor.hear(worker)
  }
}

/** Everything that a supervisor does in a third of its lease's time. */
export async function tend(supervisor: SimulatedSupervisor, scene: Scene): Promise<void> {
  await supervisor.take()
  await supervisor.renew()
  await supervisor.readPlan()
  await beat(supervisor, scene)
  await supervisor.decide()
  await beat(supervisor, scene)
  await supervisor.place()
}

/** Both servers run what is theirs. */
export async function warmUp(scene: Scene): Promise<void> {
  for (const index of [0, layoutSeats, 0, layoutSeats]) await tend(scene.seat(index), scene)
}

const supervisorSteps = [
  ...[1, 2, 3, 4].map(() => supervisorStep('Tend', tend)),
  supervisorStep('Take', (supervisor) => supervisor.take()),
  supervisorStep('Renew', (supervisor) => supervisor.renew()),
  supervisorStep('ReadPlan', (supervisor) => supervisor.readPlan()),
  supervisorStep('Decide', (supervisor) => supervisor.decide()),
  supervisorStep('Beat', beat),
  supervisorStep('Place', (supervisor) => supervisor.place()),
  supervisorStep('ForgeAdoptions', forgeAdoptions),
]

/** Adoptions that no token allows: of a superseded worker, with another's nonce, for a term or a server of others. */
async function forgeAdoptions(supervisor: SimulatedSupervisor, { world }: Scene): Promise<void> {
  const { server: own, term } = supervisor
  if (term === undefined) return
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
      ...(newest.server === own && lease?.phase !== 'idle' ? [] : [honest]),
      ...(before === undefined ? [] : [{ ...honest, epoch: before.epoch, nonce: before.nonce }]),
      ...(before === undefined ? [] : [{ ...honest, epoch: before.epoch }]),
    ]
    for (const forgery of forgeries) {
      expect(await adoptInstance(world.database, forgery), `a forged adoption of ${id}`).toBe(false)
    }
  }
}

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

export async function pass({ world }: Scene, ms: number): Promise<void> {
  world.nowMs += ms
  await world.database.moveClock(ms)
}

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
    fc.oneof(...troubles, ...clocks, ...orders),
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
