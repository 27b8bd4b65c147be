/**
 * Warm standby: one spare worker a platform, loaded and waiting on stdin for its identity (design section 6). A crash
 * is then answered in a fraction of a process start. A spare has no name, no secrets and no rights but to read its own
 * program; when its supervisor goes, its stdin closes and it ends.
 */
import { existsSync } from 'node:fs'
import type { Platform } from '../domain/instance.ts'
import { platforms } from '../domain/instance.ts'
import type { ProcessIdentity } from '../domain/process-identity.ts'
import { livenessOf } from '../runtime/process-identity.ts'
import type { OrchestratorContext } from './context.ts'
import { endProcess } from './end-process.ts'
import { type NamelessProcess, spawnProcess } from './spawn-process.ts'

/** Refilling waits for a calm moment, so that it does not compete with the start that used the spare. */
const calmMs = 500
/** A spare that does not last may be broken: it is not made again and again. */
const brokenPauseMs = 30_000

export class Standby {
  readonly #context: OrchestratorContext
  readonly #spares = new Map<Platform, NamelessProcess>()
  #timer: NodeJS.Timeout | undefined
  #isCalm: () => boolean = () => false
  #stopped = false

  constructor(context: OrchestratorContext) {
    this.#context = context
  }

  /** Fills up as soon as `isCalm` says that no worker is starting; a new term brings a new answer. */
  fillWhen(isCalm: () => boolean): void {
    this.#isCalm = isCalm
    this.#arm(calmMs)
  }

  /** The spare of a platform, which is the caller's from now on; a cold one when there is none. */
  take(platform: Platform): NamelessProcess {
    const spare = this.#spares.get(platform)
    this.#spares.delete(platform)
    this.#arm(calmMs)
    return spare !== undefined && livenessOf(spare.identity) === 'alive' ? spare : this.#spawn(platform)
  }

  /** The spares that wait, for sampling. */
  identities(): ProcessIdentity[] {
    return [...this.#spares.values()].map((spare) => spare.identity)
  }

  /** Ends the spares; complete, may be called twice. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const spares = [...this.#spares.values()]
    this.#spares.clear()
    for (const spare of spares) spare.dismiss()
    await Promise.all(spares.map((spare) => endProcess(spare.identity, spare.ended)))
  }

  #arm(delayMs: number): void {
    if (this.#stopped || !this.#context.settings.STANDBY) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#fill(), delayMs)
    this.#timer.unref()
  }

  #fill(): void {
    if (!this.#isCalm()) return this.#arm(calmMs)
    for (const platform of platforms) {
      if (this.#spares.has(platform) || !existsSync(this.#context.workerBundle(platform))) continue
      try {
        this.#keep(platform, this.#spawn(platform))
      } catch (error) {
        this.#context.log.warn({ platform, error }, 'no spare worker could be started; it is tried again')
        this.#arm(brokenPauseMs)
      }
    }
  }

  #keep(platform: Platform, spare: NamelessProcess): void {
    this.#spares.set(platform, spare)
    void spare.ended.then((end) => {
      if (this.#spares.get(platform) !== spare) return
      this.#spares.delete(platform)
      spare.dismiss()
      this.#context.log.warn({ platform, ...end }, 'a spare worker ended by itself; another one is started later')
      this.#arm(brokenPauseMs)
    })
  }

  #spawn(platform: Platform): NamelessProcess {
    const { settings } = this.#context
    return spawnProcess({
      bundle: this.#context.workerBundle(platform),
      logFolder: this.#context.logFolder,
      logFilesMax: settings.LOG_FILES,
      heapMb: settings.WORKER_MEMORY_MB,
    })
  }
}
