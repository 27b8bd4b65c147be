/**
 * When a crashed worker is started again (design section 6): at once the first time, then exponential back-off with
 * full jitter up to a maximum; a healthy minute resets the budget; ten crashes in ten minutes end in `failed`.
 */
export interface RestartLimits {
  readonly backoffBaseMs: number
  readonly backoffMaxMs: number
  /** Health of this length forgets earlier crashes. */
  readonly healthyMs: number
  /** Crashes within `windowMs` that end in `failed`. */
  readonly crashesMax: number
  readonly windowMs: number
}

export interface CrashHistory {
  /** Consecutive crashes without a healthy period between them. */
  readonly attempt: number
  /** Monotonic times of the crashes within the window, oldest first. */
  readonly crashesAtMs: readonly number[]
}

export const noCrashes: CrashHistory = { attempt: 0, crashesAtMs: [] }

export type RestartVerdict =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly history: CrashHistory }
  | { readonly kind: 'failed'; readonly history: CrashHistory }

/**
 * Judges a crash at monotonic time `nowMs` after `healthyForMs` of health; `random` in [0, 1) spreads the delay.
 */
export function judgeCrash(
  limits: RestartLimits,
  history: CrashHistory,
  crash: { nowMs: number; healthyForMs: number; random: number },
): RestartVerdict {
  const wasHealthy = crash.healthyForMs >= limits.healthyMs
  const earlier = wasHealthy ? [] : history.crashesAtMs.filter((atMs) => atMs > crash.nowMs - limits.windowMs)
  const crashesAtMs = [...earlier, crash.nowMs]
  const attempt = (wasHealthy ? 0 : history.attempt) + 1
  const next: CrashHistory = { attempt, crashesAtMs }
  if (crashesAtMs.length >= limits.crashesMax) return { kind: 'failed', history: next }
  return { kind: 'restart', delayMs: backoffMs(limits, attempt, crash.random), history: next }
}

function backoffMs(limits: RestartLimits, attempt: number, random: number): number {
  if (attempt <= 1) return 0
  const ceiling = Math.min(limits.backoffMaxMs, limits.backoffBaseMs * 2 ** Math.min(attempt - 2, 30))
  return Math.round(random * ceiling)
}
