import type { ServerOrders, TakeVerdict } from '../../../domain/server-lease.ts'
import { BeatWatch } from '../../../orchestrator/placement.ts'
import type { Courier } from './courier.ts'
import { SimulatedFleet, type Term } from './fleet.ts'
import type { ServerName } from './model-database.ts'
import type { World } from './world.ts'

/** One holding of the name, as orchestrator/server-lease.ts counts its time: from before each statement was sent. */
export class OpenTerm implements Term {
  readonly server: ServerName
  readonly host: number
  readonly courier: Courier
  readonly serverEpoch: number
  readonly takenAtMs: number
  readonly earlierTtlMs: number
  readonly watchedMs: number
  readonly fleet: SimulatedFleet
  readonly beats = new BeatWatch()
  orders: ServerOrders
  heldUntilMs: number
  /** The database's clock when it wrote the lease that stands. */
  written: { readonly clockMs: number; readonly sentAtMs: number }
  /** The last renewal had an answer. */
  isAnswered = true
  isRenewing = false
  isOver = false
  readonly #world: World

  constructor(
    world: World,
    holder: { server: ServerName; host: number; ttlMs: number; courier: Courier },
    taken: Extract<TakeVerdict, { kind: 'taken' }> & { sentAtMs: number; watchedMs: number },
  ) {
    this.#world = world
    this.server = holder.server
    this.host = holder.host
    this.courier = holder.courier
    this.serverEpoch = taken.serverEpoch
    this.takenAtMs = taken.sentAtMs
    this.earlierTtlMs = taken.earlierTtlMs ?? holder.ttlMs
    this.watchedMs = taken.watchedMs
    this.orders = taken.orders
    this.heldUntilMs = taken.sentAtMs + holder.ttlMs
    this.written = taken
    this.fleet = new SimulatedFleet(world, this)
  }

  leaseLeftMs(): number {
    return this.isOver ? 0 : Math.max(0, this.heldUntilMs - this.#world.nowMs)
  }

  isCertain(): boolean {
    return this.isAnswered && this.leaseLeftMs() > 0
  }
}
