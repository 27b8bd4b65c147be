/** The pause after a failed attempt at something that others wait for, too. */
export interface Backoff {
  /** After the first failure, in milliseconds. */
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * Exponential with equal jitter: half of what is due for this many failures in a row, and up to as much again by chance,
 * so that many who failed together do not come back together. Milliseconds; `random` in [0, 1).
 */
export function backoffMs({ baseMs, maxMs }: Backoff, failures: number, random = Math.random()): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, failures - 1), 30))
  return ceilingMs * (0.5 + random / 2)
}

/** Exponential with full jitter: anything from nothing up to what is due. Milliseconds; `random` in [0, 1). */
export function fullJitterMs({ baseMs, maxMs }: Backoff, failures: number, random = Math.random()): number {
  return random * Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, failures - 1), 30))
}
