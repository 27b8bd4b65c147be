import { setTimeout as delay } from 'node:timers/promises'

/** Waits; rejects at Ctrl-C. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal })
}

export interface Until {
  readonly signal: AbortSignal
  /** What is waited for, for the error. */
  readonly what: string
  readonly limitMs?: number
  readonly everyMs?: number
}

/** Asks until there is an answer; throws naming what did not come. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { signal, what, limitMs = 60_000, everyMs = 20 }: Until,
): Promise<T> {
  const endsAtMs = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > endsAtMs) throw new Error(`not within ${limitMs / 1000} s: ${what}`)
    await pause(everyMs, signal)
  }
}
