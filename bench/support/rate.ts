import { medianOf } from './spread.ts'

export interface Rate {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export interface Contest {
  readonly clients: number
  readonly signal: AbortSignal
  /** How long each is measured at a time. */
  readonly sliceMs: number
  readonly slices: number
}

/**
 * Measures several kinds of work by turns, each with so many clients at once, so that what else the machine does meets all
 * of them alike. Gives each one's median slice, and the waiting times of all its slices together.
 */
export async function contest<Name extends string>(
  works: Readonly<Record<Name, () => Promise<void>>>,
  options: Contest,
): Promise<Record<Name, Rate>> {
  const names = Object.keys(works) as Name[]
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]))
  const waits = new Map<Name, number[]>(names.map((name) => [name, []]))
  // The first round makes plans and fills caches, and is thrown away.
  for (let round = 0; round <= options.slices; round += 1) {
    for (const name of names) {
      options.signal.throwIfAborted()
      const slice = await measureSlice(works[name], options)
      if (round === 0) continue
      rates.get(name)?.push(slice.waitsMs.length / slice.seconds)
      waits.get(name)?.push(...slice.waitsMs)
    }
  }
  const rateOf = (name: Name): Rate => {
    const sorted = (waits.get(name) ?? []).sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
    return { perSecond: medianOf(rates.get(name) ?? []), p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }
  }
  return Object.fromEntries(names.map((name) => [name, rateOf(name)])) as Record<Name, Rate>
}

async function measureSlice(
  work: () => Promise<void>,
  { clients, sliceMs }: Contest,
): Promise<{ waitsMs: number[]; seconds: number }> {
  const waitsMs: number[] = []
  const startedAtMs = performance.now()
  const client = async () => {
    for (let nowMs = performance.now(); nowMs - startedAtMs < sliceMs; ) {
      await work()
      const doneAtMs = performance.now()
      waitsMs.push(doneAtMs - nowMs)
      nowMs = doneAtMs
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { waitsMs, seconds: (performance.now() - startedAtMs) / 1000 }
}
