/** Who sits where in the lease model, and what they do when all goes well. */
import type { Tx } from '../../../db/transaction.ts'
import { Failure } from '../../../domain/failure.ts'
import { type ModelDatabase, serverNames } from './model-database.ts'
import { SimulatedSupervisor } from './supervisor.ts'
import { type Reached, World } from './world.ts'

/** How long the leases of the two supervisors of each name live. */
const ttlsMs = [10_000, 4000] as const
export const seatsOfName = ttlsMs.length

/** Less than any lease: everybody who is awake renews in time. */
export const roundMs = 2500

/** The hosts on which the two supervisors of each name sit. */
export interface Layout {
  readonly alpha: readonly [number, number]
  readonly beta: readonly [number, number]
}

/** The world, and who sits where in it. */
export class Scene {
  readonly world: World
  readonly seats: SimulatedSupervisor[]

  constructor(database: ModelDatabase, layout: Layout, reached: Map<Reached, number>) {
    this.world = new World(database, reached)
    this.seats = serverNames.flatMap((server) =>
      layout[server].map(
        (host, seat) => new SimulatedSupervisor(this.world, { server, host, ttlMs: ttlsMs[seat] ?? 0 }),
      ),
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

  /** A supervisor is gone; another process, set to another time to live, sits down in its place. */
  replace(index: number): void {
    const { server, host, ttlMs } = this.seat(index)
    this.seat(index).die()
    this.seats[index] = new SimulatedSupervisor(this.world, {
      server,
      host,
      ttlMs: ttlsMs.find((other) => other !== ttlMs) ?? ttlMs,
    })
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

export async function pass({ world }: Scene, ms: number): Promise<void> {
  world.nowMs += ms
  await world.database.moveClock(ms)
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
  for (const index of [0, seatsOfName, 0, seatsOfName]) await tend(scene.seat(index), scene)
}
