/** What a figure is: one line of the table, measured once a run beside its floor. */
import type { Bench } from './support/bench.ts'
import type { Spread } from './support/spread.ts'

/** What one run gave. A peer or a floor that could not be measured is the reason in words. */
export interface Sample {
  readonly ours: number
  readonly floor?: number
  readonly pm2?: number | string
  /** What belongs to the figure besides its number, shown by its worst run: `updates lost`. */
  readonly besides?: Readonly<Record<string, number>>
}

/** All runs of a figure. */
export interface Outcome {
  readonly ours: Spread
  readonly floor: Spread | undefined
  /** Each run's own ratio: ours and its floor are compared within a run, never across runs. */
  readonly ratio: Spread | undefined
  readonly pm2: Spread | string | undefined
  readonly besides: ReadonlyMap<string, Spread>
}

export interface Figure {
  /** What `npm run bench -- NAME` takes. */
  readonly name: string
  readonly title: string
  readonly unit: string
  /** Digits behind the point in the table. */
  readonly digits: number
  /** What the floor is; undefined where there is none. */
  readonly floor?: string
  readonly reach: { readonly text: string; readonly holds: (outcome: Outcome) => boolean }
  /** How it is measured, in a sentence or two for results.md. */
  readonly how: string
  measure(run: Run): Promise<Sample>
}

/** One run of all figures; figures that look at the same fleet share it by `once`. */
export class Run {
  readonly bench: Bench
  readonly #shared = new Map<string, Promise<unknown>>()

  constructor(bench: Bench) {
    this.bench = bench
  }

  /** Does the work at the first call of a run and gives its result to every further one. */
  once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const known = this.#shared.get(name) as Promise<T> | undefined
    const result = known ?? work()
    this.#shared.set(name, result)
    return result
  }
}

/** A peer's number, or why there is none: a peer that fails does not fail the figure. */
export async function peer(run: Run, measure: () => Promise<number>): Promise<number | string> {
  try {
    return await measure()
  } catch (error) {
    run.bench.signal.throwIfAborted()
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  }
}
