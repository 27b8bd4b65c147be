import { uptime } from 'node:os'

/** Time as a part that tests can replace: monotonic for deadlines, wall for display. */
export interface Clock {
  /** Milliseconds of a clock that never jumps, and that goes on while the host is suspended. */
  monotonicMs(): number
  /** Milliseconds since 1970 by this host's clock. */
  wallMs(): number
  /** Calls `callback` once after `delayMs`; returns a function that cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** Where a monotonic clock gets its time from; all in milliseconds. */
export interface TimeSources {
  /** Goes on evenly, but on Linux stands still while the host is suspended (CLOCK_MONOTONIC). */
  readonly runningMs: () => number
  readonly wallMs: () => number
  /** Since the host's boot, suspended or not (CLOCK_BOOTTIME); undefined where there is none. */
  readonly sinceBootMs: () => number | undefined
}

const timerMaxMs = 2_147_483_647
/** The clocks are read one after the other, and the one since boot in steps of 10 ms. */
const noiseMs = 100
const lookEveryMs = 1000

/**
 * A clock that counts suspended time: a lease or a deadline that ran out while the host slept is past when it wakes.
 * Reading the time since boot costs a file, so it is read only when the wall clock has moved against the running one
 * (a suspension moves it, and so does setting it), and once a second besides.
 */
export function monotonicClock(sources: TimeSources): () => number {
  const { runningMs, wallMs, sinceBootMs } = sources
  const bootOffsetMs = (sinceBootMs() ?? 0) - runningMs()
  let suspendedMs = 0
  let seen = { wallOffsetMs: wallMs() - runningMs(), atMs: runningMs() }
  return () => {
    const nowMs = runningMs()
    const wallOffsetMs = wallMs() - nowMs
    if (Math.abs(wallOffsetMs - seen.wallOffsetMs) > noiseMs || nowMs - seen.atMs > lookEveryMs) {
      seen = { wallOffsetMs, atMs: nowMs }
      const bootMs = sinceBootMs()
      const missingMs = bootMs === undefined ? 0 : bootMs - bootOffsetMs - nowMs - suspendedMs
      if (missingMs > noiseMs) suspendedMs += missingMs
    }
    return nowMs + suspendedMs
  }
}

export const systemClock: Clock = {
  monotonicMs: monotonicClock({
    runningMs: () => performance.now(),
    wallMs: () => Date.now(),
    // Elsewhere the time since boot is reckoned from the wall clock, and would jump with it.
    sinceBootMs: () => (process.platform === 'linux' ? uptime() * 1000 : undefined),
  }),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), timerMaxMs))
    return () => clearTimeout(timer)
  },
}
