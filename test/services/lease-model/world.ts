/**
 * What the lease model knows besides the database: processes on hosts, their monotonic clock, the statements that are
 * under way, and what must hold of all that after every step.
 */
import { expect } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import { formatProcessIdentity, judgeLiveness, type ProcessIdentity } from '../../../domain/process-identity.ts'
import { readOwnIdentity } from '../../../runtime/process-identity.ts'
import { fence } from '../../../services/fence.ts'
import type { ModelDatabase } from './model-database.ts'
import type { SimulatedWorker } from './worker.ts'

/**
 * What becomes of a statement on its way. `overdue`: its sender gives it up, and it arrives nevertheless, later.
 * `answered` of one that was given up: nobody reads the answer.
 */
export type Fate = 'answered' | 'unanswered' | 'dropped' | 'overdue'

/** What a model must have come to, or it proves nothing. */
export const reachable = [
  'claimed',
  'adopted',
  'kept',
  'released',
  'taken over',
  'let go late',
  'handed over',
  'refused late',
] as const
export type Reached = (typeof reachable)[number]

/** Above every pid of a real host, so that nothing real is ever meant. */
const pidBase = 5_000_000

export class World {
  readonly database: ModelDatabase
  readonly workers: SimulatedWorker[] = []
  /** Statements that were sent and have not arrived yet; their senders may have died meanwhile. */
  readonly underWay: ((fate: Fate) => Promise<void>)[] = []
  /** Every monotonic clock. */
  nowMs = 0
  #pid = pidBase
  #checkedRows = ''
  readonly #reached: Map<Reached, number>
  readonly #deadSupervisors = new Set<number>()

  constructor(database: ModelDatabase, reached: Map<Reached, number>) {
    this.database = database
    this.#reached = reached
  }

  reach(what: Reached): void {
    this.#reached.set(what, (this.#reached.get(what) ?? 0) + 1)
  }

  newIdentity(host: number): ProcessIdentity {
    this.#pid += 1
    return { ...placeOf(host), pid: this.#pid, startTicks: '1' }
  }

  /** A supervisor's process is gone. */
  noteDeath(identity: ProcessIdentity): void {
    this.#deadSupervisors.add(identity.pid)
  }

  /** Whether somebody on that host can prove that a supervisor is dead. */
  isProvablyDead(host: number, holder: string): boolean {
    const identity = parseIdentity(holder)
    const sighting = this.#deadSupervisors.has(identity.pid)
      ? ({ kind: 'gone' } as const)
      : ({ kind: 'seen', startTicks: '1', state: 'S' } as const)
    return judgeLiveness(placeOf(host), identity, sighting) === 'dead'
  }

  /** An identity as somebody on that host sees it, put in terms of the real host, which the real code compares it with. */
  seenFrom(host: number, process: string | null): string | null {
    if (process?.startsWith(placeOf(host).bootId) !== true) return process
    return formatProcessIdentity({ ...readOwnIdentity(), pid: parseIdentity(process).pid })
  }

  workerOf(instanceId: string, epoch: number): SimulatedWorker | undefined {
    return this.workers.find((worker) => worker.instanceId === instanceId && worker.epoch === epoch)
  }

  receiving(instanceId: string): SimulatedWorker[] {
    return this.workers.filter((worker) => worker.instanceId === instanceId && worker.mayReceive(this.nowMs))
  }

  /** What must hold after every step. */
  async check(): Promise<void> {
    const receiving = new Map<string, SimulatedWorker | undefined>()
    for (const instanceId of new Set(this.workers.map((worker) => worker.instanceId))) {
      const all = this.receiving(instanceId)
      const words = all.map(({ epoch, server }) => `${epoch} of ${server}`).join(', ')
      expect(all.length, `workers of ${instanceId} that may receive: ${words}`).toBeLessThanOrEqual(1)
      receiving.set(instanceId, all[0])
    }
    const epochs = [...receiving.values()].map((worker) => worker?.epoch)
    const leases = await this.database.leases()
    const rows = JSON.stringify([leases, epochs])
    if (rows === this.#checkedRows) return
    this.#checkedRows = rows
    await this.database.transaction(async (tx) => {
      for (const [instanceId, worker] of receiving) await this.#checkFence(tx, instanceId, worker)
      for (const { instanceId, epoch, nonce, phase } of leases) {
        if (phase !== 'idle' || nonce === null) continue
        const passed = await fence(tx, { instanceId, epoch, nonce })
        expect(passed, `epoch ${epoch} of ${instanceId} was let go`).toBeUndefined()
      }
    })
  }

  /** The worker that receives may write; a superseded one may not, nor one that guessed the epoch. */
  async #checkFence(tx: Tx, instanceId: string, receiving: SimulatedWorker | undefined): Promise<void> {
    const [newest, before] = this.workers.filter((worker) => worker.instanceId === instanceId).reverse()
    if (newest === undefined) return
    if (receiving !== undefined) {
      const passed = await fence(tx, receiving)
      expect(passed, `epoch ${receiving.epoch} of ${instanceId} receives`).toMatchObject({ instanceId })
    }
    const forged = { instanceId, epoch: newest.epoch, nonce: `${newest.nonce}!` }
    expect(await fence(tx, forged), `a forged nonce of ${instanceId}`).toBeUndefined()
    if (before === undefined) return
    expect(await fence(tx, before), `epoch ${before.epoch} of ${instanceId} is stale`).toBeUndefined()
    const guessed = { instanceId, epoch: before.epoch, nonce: newest.nonce }
    expect(await fence(tx, guessed), `epoch ${before.epoch} of ${instanceId} is stale`).toBeUndefined()
  }
}

function placeOf(host: number): Pick<ProcessIdentity, 'bootId' | 'pidNamespace'> {
  return { bootId: `${host}`.repeat(36), pidNamespace: '1' }
}

function parseIdentity(text: string): Pick<ProcessIdentity, 'bootId' | 'pidNamespace' | 'pid' | 'startTicks'> {
  const [bootId = '', pidNamespace = '', pid = '', startTicks = ''] = text.split('/')
  return { bootId, pidNamespace, pid: Number(pid), startTicks }
}
