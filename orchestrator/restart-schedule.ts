/** When an instance is started again on this server: after a crash, and after a start that could not even begin. */
import { backoffMs } from '../domain/backoff.ts'
import { judgeCrash, noCrashes, type RestartLimits, type RestartVerdict } from '../domain/restart-policy.ts'
import type { Settings } from '../domain/settings.ts'
import type { RetriedTrouble } from './judge-end.ts'

const missedStart = { baseMs: 2000, maxMs: 30_000 }
/** A second conflict within this time is not retried: two programs would take the link from one another for ever. */
const conflictForgottenMs = 600_000

export class RestartSchedule {
  readonly #limits: RestartLimits
  #history = noCrashes
  readonly #retryMs: Readonly<Record<RetriedTrouble, number>>
  /** Starts in a row that this server could not even begin. */
  #startsMissed = 0
  /** Monotonic time of the last conflict; undefined before. */
  #conflictAtMs: number | undefined

  constructor(settings: Settings) {
    this.#limits = {
      backoffBaseMs: 1000,
      backoffMaxMs: settings.RESTART_MAX_SECONDS * 1000,
      healthyMs: settings.RESTART_HEALTHY_SECONDS * 1000,
      crashesMax: settings.RESTART_BUDGET,
      windowMs: settings.RESTART_WINDOW_SECONDS * 1000,
    }
    this.#retryMs = {
      conflict: settings.WHATSAPP_CONFLICT_RETRY_SECONDS * 1000,
      outdated: settings.WHATSAPP_VERSION_RETRY_SECONDS * 1000,
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

  /**
   * A worker ended in a trouble that is looked at once more. A version that is refused is tried again for as long as it is,
   * rarely: a newer one is set without the bot.
   * @returns in how many milliseconds; undefined when it waits for a person.
   */
  retries(trouble: RetriedTrouble, nowMs: number): number | undefined {
    if (trouble === 'outdated') return this.#retryMs.outdated
    const earlierMs = this.#conflictAtMs
    this.#conflictAtMs = nowMs
    const isFirst = earlierMs === undefined || nowMs - earlierMs > conflictForgottenMs
    return isFirst ? this.#retryMs.conflict : undefined
  }

  /** A start that this server lacked something for. @returns in how many milliseconds to try again. */
  missed(): number {
    this.#startsMissed += 1
    const maxMs = Math.min(missedStart.maxMs, this.#limits.backoffMaxMs)
    return Math.round(backoffMs({ ...missedStart, maxMs }, this.#startsMissed))
  }
}
