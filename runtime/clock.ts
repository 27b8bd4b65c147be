/** Time as a part that tests can replace: monotonic for deadlines, wall for display. */
export interface Clock {
  /** Milliseconds of a clock that never jumps. */
  monotonicMs(): number
  /** Milliseconds since 1970 by this host's clock. */
  wallMs(): number
  /** Calls `callback` once after `delayMs`; returns a function that cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

const timerMaxMs = 2_147_483_647

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), timerMaxMs))
    return () => clearTimeout(timer)
  },
}
