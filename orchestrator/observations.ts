/**
 * The observed states and events that are still to be written. A write that fails because the database is away is kept
 * and written when it answers; only the newest state of an instance matters, but restarts add up, and events are kept in
 * their order.
 */
import { type ObservedState, recordInstanceState } from '../services/record-instance-state.ts'
import { recordWorkerEvent, type WorkerEvent } from '../services/record-worker-event.ts'
import type { OrchestratorContext } from './context.ts'

const eventsMax = 1000

export class Observations {
  readonly #context: OrchestratorContext
  readonly #serverEpoch: number
  readonly #unwritten = new Map<string, ObservedState>()
  readonly #last = new Map<string, string>()
  readonly #events: WorkerEvent[] = []
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

  /** Notes an event; the oldest make room while the database is away. */
  noteEvent(event: WorkerEvent): void {
    this.#events.push(event)
    if (this.#events.length > eventsMax) this.#events.shift()
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
    if (!(await this.#writeEvents())) return
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

  /** @returns whether all are written. */
  async #writeEvents(): Promise<boolean> {
    for (let event = this.#events[0]; event !== undefined; event = this.#events[0]) {
      try {
        await recordWorkerEvent(this.#context.database, event)
      } catch (error) {
        this.#context.log.debug({ instance: event.instanceId, error: String(error) }, 'event not written yet')
        return false
      }
      const index = this.#events.indexOf(event)
      if (index >= 0) this.#events.splice(index, 1)
    }
    return true
  }

  #putBack(instanceId: string, observed: ObservedState): void {
    const newer = this.#unwritten.get(instanceId)
    const restartsDelta = observed.restartsDelta + (newer?.restartsDelta ?? 0)
    this.#unwritten.set(instanceId, { ...(newer ?? observed), restartsDelta })
  }
}
