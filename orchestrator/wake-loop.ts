/**
 * Runs one piece of work at a time: soon after each wake, and at least every `everyMs`. Wakes that arrive during a run
 * lead to exactly one more. Work that fails because the database is away is tried again; the poll is the truth, a wake
 * only hurries it.
 */
import { Failure } from '../domain/failure.ts'
import type { OrchestratorContext } from './context.ts'

const retryMs = 1000

export class WakeLoop {
  readonly #context: OrchestratorContext
  readonly #everyMs: number
  readonly #work: () => Promise<void>
  #running: Promise<void> | undefined
  #again = false
  #stopped = false
  #cancelTimer: () => void = () => {}

  constructor(context: OrchestratorContext, options: { everyMs: number; work: () => Promise<void> }) {
    this.#context = context
    this.#everyMs = options.everyMs
    this.#work = options.work
  }

  wake(): void {
    if (this.#stopped) return
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer()
    await this.#running
  }

  async #run(): Promise<void> {
    let failed = false
    while (this.#again && !this.#stopped && !failed) {
      this.#again = false
      const startedAtMs = this.#context.clock.monotonicMs()
      try {
        await this.#work()
      } catch (error) {
        failed = true
        const expected = error instanceof Failure && error.code === 'unavailable'
        this.#context.log[expected ? 'debug' : 'error']({ error: String(error) }, 'reconcile could not read its plan')
      }
      this.#context.metrics.ran('reconcile', this.#context.clock.monotonicMs() - startedAtMs, !failed)
    }
    this.#cancelTimer()
    if (!this.#stopped)
      this.#cancelTimer = this.#context.clock.setTimer(failed ? retryMs : this.#everyMs, () => this.wake())
  }
}
