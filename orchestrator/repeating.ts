import { Failure } from '../domain/failure.ts'
import type { OrchestratorContext } from './context.ts'

/** A long-running part: complete when stopped, and stoppable twice. */
export interface Part {
  stop(): Promise<void>
}

/**
 * Repeats a piece of work, one run at a time, until stopped. A failed run is logged and tried again at the next turn.
 * `nextInMs` is asked after each run and, when `lookEveryMs` is given, also that often in between, so that an earlier
 * moment shortens the wait.
 */
export function startRepeating(
  context: OrchestratorContext,
  options: { name: string; work: () => Promise<void>; nextInMs: () => number; lookEveryMs?: number },
): Part {
  const { clock, log } = context
  let stopped = false
  let running: Promise<void> | undefined
  let dueAtMs = clock.monotonicMs() + options.nextInMs()
  let cancel = () => {}

  const run = async () => {
    try {
      await options.work()
    } catch (error) {
      const expected = error instanceof Failure && error.code === 'unavailable'
      log[expected ? 'debug' : 'error']({ error: String(error) }, `${options.name} failed; it is tried again`)
    }
    dueAtMs = clock.monotonicMs() + options.nextInMs()
  }
  const look = () => {
    if (stopped) return
    const nowMs = clock.monotonicMs()
    if (options.lookEveryMs !== undefined) dueAtMs = Math.min(dueAtMs, nowMs + options.nextInMs())
    if (nowMs >= dueAtMs) {
      running = run().finally(() => {
        running = undefined
        arm()
      })
    } else {
      arm()
    }
  }
  const arm = () => {
    if (stopped) return
    const leftMs = Math.max(0, dueAtMs - clock.monotonicMs())
    cancel = clock.setTimer(Math.min(leftMs, options.lookEveryMs ?? leftMs), look)
  }
  arm()
  return {
    stop: async () => {
      stopped = true
      cancel()
      await running
    },
  }
}
