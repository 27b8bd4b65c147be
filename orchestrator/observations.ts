/**
 * The observed states that are still to be written. A write that fails because the database is away is kept and
 * written when it answers; only the newest state of an instance matters, but restarts add up.
 */
import { type ObservedState, recordInstanceState } from '../services/record-instance-state.ts'
import type { OrchestratorContext } from './context.ts'

export class Observations {
  readonly #context: OrchestratorContext
  readonly #serverEpoch: number
  readonly #unwritten = new Map<string, ObservedState>()
  readonly #last = new Map<string, string>()
  #writing: Promise<void> = Promise.resolve()

  constructor(context: OrchestratorContext, serverEpoch: number) {
    this.#context = context
    this.#serverEpoch = serverEpoch
  }

  /** Notes a state; it is written soon, unless nothing changed. */
  note(instanceId: string, observed: ObservedState): void {
    const { restartsDelta, ...rest } = observed
    const text = JSON.stringify(rest)
    if (restartsDelta === 0 && this.#last.get(instanceId) === text) return
    this.#last.set(instanceId, text)
    const earlier = this.#unwritten.get(instanceId)?.restartsDelta ?? 0
    this.#unwritten.set(instanceId, { ...observed, restartsDelta: earlier + restartsDelta })
    void this.flush()
  }

  /** Forgets what was written last, so that the next note is written whatever it is. */
  forget(instanceId: string): void {
    this.#last.delete(instanceId)
  }

  /** Writes what is unwritten, one after the other; never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeAll())
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    for (const [instanceId, observed] of this.#unwritten) {
      this.#unwritten.delete(instanceId)
      try {
        await recordInstanceState(this.#context.database, {
          instanceId,
          server: this.#context.server,
          serverEpoch: this.#serverEpoch,
          observed,
        })
      } catch (error) {
        this.#putBack(instanceId, observed)
        this.#context.log.debug({ instance: instanceId, error: String(error) }, 'state not written yet')
        return
      }
    }
  }

  #putBack(instanceId: string, observed: ObservedState): void {
    const newer = this.#unwritten.get(instanceId)
    const restartsDelta = observed.restartsDelta + (newer?.restartsDelta ?? 0)
    this.#unwritten.set(instanceId, { ...(newer ?? observed), restartsDelta })
  }
}
