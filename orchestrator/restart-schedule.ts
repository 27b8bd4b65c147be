/** When an instance is started again on this server: after a crash, and after a start that could not even begin. */
import { backoffMs } from '../domain/backoff.ts'
import { judgeCrash, noCrashes, type RestartLimits, type RestartVerdict } from '../domain/restart-policy.ts'
import type { Settings } from '../domain/settings.ts'

const missedStart = { baseMs: 2000, maxMs: 30_000 }

export class RestartSchedule {
  readonly #limits: RestartLimits
  #history = noCrashes
  /** Starts in a row that this server could not even begin. */
  #startsMissed = 0

  constructor(settings: Settings) {
    this.#limits = {
      backoffBaseMs: 1000,
      backoffMaxMs: settings.RESTART_MAX_SECONDS * 1000,
      healthyMs: settings.RESTART_HEALTHY_SECONDS * 1000,
      crashesMax: settings.RESTART_BUDGET,
      windowMs: settings.RESTART_WINDOW_SECONDS * 1000,
    }
  }

  /** Crashes in a row without a healthy period between them. */
  get attempt(): number {
    return this.#history.attempt
  }

  /** A worker was started. */
  started(): void {
    this.#startsMissed = 0
  }

  /** A worker has been healthy for so long. */
  healthy(forMs: number): void {
    if (forMs >= this.#limits.healthyMs) this.forget()
  }

  /** Earlier crashes do not count any more: it ended as asked. */
  forget(): void {
    this.#history = noCrashes
  }

  /** A worker crashed at monotonic time `nowMs`. @returns when to try again, or that it is enough. */
  crashed(nowMs: number, healthyForMs: number): RestartVerdict {
    const verdict = judgeCrash(this.#limits, this.#history, { nowMs, healthyForMs, random: Math.random() })
    this.#history = verdict.history
    return verdict
  }

  /** A start that this server lacked something for. @returns in how many milliseconds to try again. */
  missed(): number {
    this.#startsMissed += 1
    const maxMs = Math.min(missedStart.maxMs, this.#limits.backoffMaxMs)
    return Math.round(backoffMs({ ...missedStart, maxMs }, this.#startsMissed))
  }
}
