import type { ProcessIdentity } from '../domain/process-identity.ts'
import type { Clock } from '../runtime/clock.ts'
import { ageMs, readPageBytes } from '../runtime/proc-stat.ts'
import { statOfLiving } from '../runtime/process-identity.ts'

export interface Usage {
  /** Of one core since the process was last measured, and since it began the first time. */
  readonly cpuPercent: number
  /** Processor time since it began. */
  readonly cpuMs: number
  readonly memoryBytes: number
}

/**
 * CPU and memory of processes, a reading of `/proc` for each. A fleet is measured again and again for as long as it
 * lives, so this is one of the few things that an idle supervisor does (`npm run bench -- supervisor-cpu`).
 */
export class UsageMeter {
  readonly #clock: Clock
  readonly #pageBytes = readPageBytes()
  /** By pid and start: what was read last. */
  #last = new Map<string, { readonly cpuMs: number; readonly atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One round over all that are of interest; what is not named is forgotten. Undefined for what is gone. */
  measure(identities: readonly ProcessIdentity[]): (Usage | undefined)[] {
    const last = this.#last
    this.#last = new Map()
    return identities.map((identity) => this.#measureOne(identity, last))
  }

  #measureOne(
    identity: ProcessIdentity,
    last: ReadonlyMap<string, { cpuMs: number; atMs: number }>,
  ): Usage | undefined {
    const stat = statOfLiving(identity)
    if (stat === undefined) return undefined
    const { pid, startTicks } = identity
    const atMs = this.#clock.monotonicMs()
    const key = `${pid}/${startTicks}`
    const before = last.get(key)
    this.#last.set(key, { cpuMs: stat.cpuMs, atMs })
    const overMs = Math.max(1, before === undefined ? ageMs(startTicks) : atMs - before.atMs)
    return {
      cpuMs: stat.cpuMs,
      cpuPercent: (100 * (stat.cpuMs - (before?.cpuMs ?? 0))) / overMs,
      memoryBytes: stat.memoryPages * this.#pageBytes,
    }
  }
}
