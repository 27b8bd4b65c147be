/** What happens to the fleet: a seeded list of faults, and how each is done and undone. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessIdentity } from '../../../domain/process-identity.ts'
import { freeze, isGone, kill, thaw, workerOf } from '../../support/faults.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { ChaosFleet } from './chaos-fleet.ts'

const processFaults = ['kill supervisor', 'freeze supervisor', 'kill worker', 'freeze worker', 'turn a wish'] as const
const databaseFaults = [
  'cut',
  'black hole',
  'half-open to the database',
  'half-open to the server',
  'lose clients',
  'slow',
] as const

export type FaultKind = (typeof processFaults)[number] | (typeof databaseFaults)[number]

/** Kinds by how often they come: the second list also kills now and then what the cut connections leave behind. */
export const faultMixes: Readonly<Record<'processes' | 'database' | 'money', readonly FaultKind[]>> = {
  processes: ['kill supervisor', 'kill supervisor', 'freeze supervisor', 'kill worker', 'freeze worker', 'turn a wish'],
  /** Beside the faults that wait for a step of a purchase: whatever else falls between them. */
  money: ['kill worker', 'kill worker', 'kill supervisor', 'cut', 'cut', 'lose clients'],
  database: [...databaseFaults, ...databaseFaults, 'kill supervisor', 'kill worker', 'freeze worker'],
}

export interface PlannedFault {
  readonly atMs: number
  readonly kind: FaultKind
  readonly server: number
  readonly bot: number
  /** How long it lasts. */
  readonly forMs: number
}

/** The same seed plans the same faults. */
export function planFaults(
  random: SeededRandom,
  { mix, lengthMs, bots }: { mix: readonly FaultKind[]; lengthMs: number; bots: number },
): PlannedFault[] {
  const planned: PlannedFault[] = []
  for (let atMs = random.between(0, 1000); atMs < lengthMs; atMs += random.between(600, 2400)) {
    // Some end within a lease's time, some outlast it.
    const forMs = random.between(0, 1) < 0.6 ? random.between(200, 2500) : random.between(4500, 8000)
    planned.push({
      atMs: Math.round(atMs),
      kind: random.pick(mix),
      server: Math.floor(random.between(0, 2)),
      bot: Math.floor(random.between(0, bots)),
      forMs: Math.round(forMs),
    })
  }
  return planned
}

/** Carries faults out at their times, and undoes all of them in the end. */
export class FaultRun {
  readonly #fleet: ChaosFleet
  readonly #say: (line: string) => void
  readonly #running = new Set<Promise<void>>()
  readonly #frozen = new Set<ProcessIdentity>()
  /** Servers that a fault has in its hands: a second one waits for its own turn in the plan. */
  readonly #down = new Set<number>()
  readonly #cutOff = new Set<number>()

  constructor(fleet: ChaosFleet, say: (line: string) => void) {
    this.#fleet = fleet
    this.#say = say
  }

  /** Resolves when the last fault is over and undone. */
  async run(plan: readonly PlannedFault[]): Promise<void> {
    const beganMs = performance.now()
    for (const fault of plan) {
      await delay(Math.max(0, beganMs + fault.atMs - performance.now()))
      const work = this.#carryOut(fault).catch((error: unknown) => this.#say(`${fault.kind} failed: ${String(error)}`))
      this.#running.add(work)
      void work.finally(() => this.#running.delete(work))
    }
    await Promise.all(this.#running)
    for (const identity of this.#frozen) thaw(identity)
    for (const { proxy } of this.#fleet.servers) proxy.heal()
  }

  async #carryOut(fault: PlannedFault): Promise<void> {
    const { kind, forMs } = fault
    const server = this.#fleet.servers[fault.server]
    const bot = this.#fleet.bots[fault.bot]
    if (server === undefined || bot === undefined) throw new Error('the plan names a server or bot that is not there')
    switch (kind) {
      case 'kill supervisor':
        return this.#once(this.#down, fault, () => {
          this.#say(`${kind} ${server.name}, the next one in ${forMs} ms`)
          return server.killFor(forMs)
        })
      case 'freeze supervisor':
        return this.#once(this.#down, fault, () => this.#freeze(server.identity, `${kind} ${server.name}`, forMs))
      case 'kill worker': {
        const identity = await workerOf(this.#fleet.database, bot.instance)
        this.#say(`${kind} of ${bot.instance}: ${identity?.pid ?? 'none'}`)
        if (identity !== undefined) await kill(identity)
        return
      }
      case 'freeze worker':
        return this.#freeze(await workerOf(this.#fleet.database, bot.instance), `${kind} of ${bot.instance}`, forMs)
      case 'turn a wish':
        await this.#fleet.turn(bot)
        return this.#say(`the operator wishes ${bot.instance} ${bot.wish}`)
      case 'cut':
      case 'black hole':
      case 'half-open to the database':
      case 'half-open to the server':
      case 'lose clients':
      case 'slow':
        return this.#once(this.#cutOff, fault, async () => {
          this.#say(`${kind}: the database connections of ${server.name}, for ${forMs} ms`)
          this.#disturb(server.proxy, kind)
          await delay(forMs)
          server.proxy.heal()
        })
      default:
        throw new Error(`unknown fault ${String(kind satisfies never)}`)
    }
  }

  #disturb(proxy: ChaosFleet['servers'][number]['proxy'], kind: (typeof databaseFaults)[number]): void {
    if (kind === 'cut') proxy.cut()
    else if (kind === 'black hole') proxy.blackHole()
    else if (kind === 'half-open to the database') proxy.halfOpen('to-server')
    else if (kind === 'half-open to the server') proxy.halfOpen('to-client')
    else if (kind === 'lose clients') proxy.loseClients()
    else proxy.delay(300)
  }

  async #freeze(identity: ProcessIdentity | undefined, what: string, forMs: number): Promise<void> {
    this.#say(`${what} for ${forMs} ms: ${identity?.pid ?? 'none'}`)
    if (identity === undefined || !freeze(identity)) return
    this.#frozen.add(identity)
    await delay(forMs)
    this.#frozen.delete(identity)
    this.#say(`${what} is over${isGone(identity) ? ': it was ended meanwhile' : ''}`)
    thaw(identity)
  }

  async #once(taken: Set<number>, fault: PlannedFault, work: () => Promise<void>): Promise<void> {
    if (taken.has(fault.server)) return this.#say(`${fault.kind}: passed over, ${fault.server} has its trouble already`)
    taken.add(fault.server)
    try {
      await work()
    } finally {
      taken.delete(fault.server)
    }
  }
}
