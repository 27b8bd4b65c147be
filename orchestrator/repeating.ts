import { Failure } from '../domain/failure.ts'
import type { OrchestratorContext } from './context.ts'

/** A long-running part: complete when stopped, and stoppable twice. */
export interface Part {
  stop(): Promise<void>
}

/** A part whose next turn may come to be due sooner than it was. */
export interface RepeatingPart extends Part {
  /** Asks anew when the next turn is due; it is never put off by that. */
  look(): void
}

/** What repeating needs of its server. */
export type RepeatingContext = Pick<OrchestratorContext, 'clock' | 'log' | 'metrics'>

/**
 * Repeats a piece of work, one run at a time, until stopped; `nextInMs` is asked after each run. A failed run is logged
 * and tried again at the next turn.
 */
export function startRepeating(
  context: RepeatingContext,
  options: { name: string; work: () => Promise<void>; nextInMs: () => number },
): RepeatingPart {
  const { clock, log, metrics } = context
  let stopped = false
  let running: Promise<void> | undefined
  let dueAtMs = clock.monotonicMs() + options.nextInMs()
  let cancel = () => {}

  const run = async () => {
    const startedAtMs = clock.monotonicMs()
    let succeeded = false
    try {
      await options.work()
      succeeded = true
    } catch (error) {
      const expected = error instanceof Failure && error.code === 'unavailable'
      log[expected ? 'debug' : 'error']({ error: String(error) }, `${options.name} failed; it is tried again`)
    }
    metrics.ran(options.name, clock.monotonicMs() - startedAtMs, succeeded)
    dueAtMs = clock.monotonicMs() + options.nextInMs()
    running = undefined
    arm()
  }
  const arm = () => {
    if (stopped) return
    cancel = clock.setTimer(dueAtMs - clock.monotonicMs(), () => {
      running = run()
    })
  }
  arm()
  return {
    look: () => {
      if (running !== undefined) return
      cancel()
      dueAtMs = Math.min(dueAtMs, clock.monotonicMs() + options.nextInMs())
      arm()
    },
    stop: async () => {
      stopped = true
      cancel()
      await running
    },
  }
}
