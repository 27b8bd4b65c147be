/**
 * Watches the database's clock from this process (design section 4): every lease renewal, plan and sweep brings a
 * reading of it, taken between two moments of our monotonic clock. When it has moved against ours by more than 5
 * minutes since the reading before, expiry is paused for the whole fleet, and nothing that was read under the jumped
 * clock is acted upon. Leases do not depend on it: they are counted on monotonic clocks.
 *
 * What does not look like a jump: our own process being stopped (SIGSTOP), since the monotonic clock goes on and a
 * reading that took long only says less; and the host being suspended, since `systemClock` counts that time too. A
 * virtual machine that is halted from outside loses that time on every clock it has: to it the database seems to have
 * jumped ahead. Nobody inside can tell the two apart, and the pause, which an operator confirms, is the safe outcome.
 */
import type { Actor } from '../domain/actor.ts'
import { clockJumpMaxMs, describePause } from '../domain/expiry-pause.ts'
import { type PauseExpiry, pauseExpiry } from '../services/pause-expiry.ts'
import type { OrchestratorContext } from './context.ts'

/** The database's clock, read at some moment between two of our monotonic clock. All in milliseconds. */
export interface ClockReading {
  readonly clockMs: number
  readonly sentAtMs: number
  readonly receivedAtMs: number
}

/**
 * `steady`: what came with the reading may be acted upon. `doubtful`: the clock has jumped (the pause is recorded by
 * now) or the reading says too little: read again.
 */
export type ClockVerdict = 'steady' | 'doubtful'

/** Where the database's clock less our monotonic one lies, as readings bound it. */
interface Offset {
  readonly lowMs: number
  readonly highMs: number
  readonly sentAtMs: number
}

type Judgement =
  | { readonly kind: 'steady'; readonly offset: Offset }
  | { readonly kind: 'jumped'; readonly jumpMs: number; readonly offset: Offset }
  | { readonly kind: 'unclear' }

export class ClockWatch {
  readonly #context: OrchestratorContext
  readonly #actor: Actor
  readonly #onJump: () => void
  #offset: Offset | undefined
  #recording: Promise<void> | undefined

  /** `onJump`: the clock has jumped and expiry is paused; what stands in the database's time should be renewed. */
  constructor(context: OrchestratorContext, onJump: () => void) {
    this.#context = context
    this.#onJump = onJump
    const name = `system:clock@${context.server}`
    this.#actor = { name, userId: null, role: 'owner', tenant: null, source: 'serve' }
  }

  /** Where the database's clock should be now, in milliseconds since 1970; undefined before the first reading. */
  expectedClockMs(): number | undefined {
    return this.#offset === undefined ? undefined : expectedAt(this.#offset, this.#context.clock.monotonicMs())
  }

  /**
   * Judges a reading, and records the pause before it answers. Throws what the database throws when that is not
   * possible; the next reading then tries again.
   */
  async judge(reading: ClockReading): Promise<ClockVerdict> {
    if (this.#offset === undefined) return this.#begin(reading)
    const judgement = judgeClock(this.#offset, reading)
    switch (judgement.kind) {
      case 'steady':
        this.#offset = judgement.offset
        return 'steady'
      case 'unclear':
        return 'doubtful'
      case 'jumped': {
        const last = this.#offset
        const pause: PauseExpiry = {
          server: this.#context.server,
          kind: 'jump',
          jumpMs: judgement.jumpMs,
          standsAtMs: expectedAt(last, reading.receivedAtMs),
          lastSeenMs: expectedAt(last, last.sentAtMs),
        }
        await this.#record(pause, judgement.offset)
        return 'doubtful'
      }
      default:
        return judgement satisfies never
    }
  }

  /** The first reading has none before it: the only witness is the host's own clock, and of two the earlier counts. */
  async #begin(reading: ClockReading): Promise<ClockVerdict> {
    const { clock } = this.#context
    const ownMs = clock.wallMs() - clock.monotonicMs() + reading.sentAtMs
    const jumpMs = reading.clockMs - ownMs
    if (Math.abs(jumpMs) <= clockJumpMaxMs + reading.receivedAtMs - reading.sentAtMs) {
      this.#offset ??= offsetOf(reading)
      return 'steady'
    }
    const standsAtMs = Math.min(reading.clockMs, ownMs)
    const pause: PauseExpiry = {
      server: this.#context.server,
      kind: 'difference',
      jumpMs,
      standsAtMs,
      lastSeenMs: standsAtMs,
    }
    await this.#record(pause, offsetOf(reading))
    return 'doubtful'
  }

  /** One recording at a time; readings that come meanwhile wait for it and are as doubtful. */
  async #record(pause: PauseExpiry, offset: Offset): Promise<void> {
    this.#recording ??= this.#pause(pause, offset).finally(() => {
      this.#recording = undefined
    })
    await this.#recording
  }

  async #pause(pause: PauseExpiry, offset: Offset): Promise<void> {
    const verdict = await this.#context.database.transaction((tx) => pauseExpiry(tx, this.#actor, pause))
    const what = describePause({
      noticed_at: '',
      noticed_by: pause.server,
      kind: pause.kind,
      jump_ms: pause.jumpMs,
      stands_at: '',
    })
    const facts = { jump_s: Math.round(pause.jumpMs / 1000), stands_at: new Date(pause.standsAtMs).toISOString() }
    if (verdict === 'paused') {
      this.#context.log.error(facts, `${what}: expiry is paused; ./botfleet server confirm-clock ends that`)
    } else {
      const known = verdict === 'already_paused' ? 'expiry is paused already' : 'an operator has confirmed it before'
      this.#context.log.warn(facts, `${what}: ${known}`)
    }
    this.#offset = offset
    this.#onJump()
  }
}

/**
 * Compares a reading with where the clock was bounded before: it jumped when even the nearest ends of the two are more
 * than 5 minutes apart.
 */
export function judgeClock(last: Offset, reading: ClockReading): Judgement {
  const offset = offsetOf(reading)
  const aheadMs = offset.lowMs - last.highMs
  const backMs = last.lowMs - offset.highMs
  const jumpMs = aheadMs > 0 ? aheadMs : backMs > 0 ? -backMs : 0
  if (Math.abs(jumpMs) > clockJumpMaxMs) {
    // It was sent before the jump that is known already, and came late.
    if (reading.sentAtMs < last.sentAtMs) return { kind: 'unclear' }
    return { kind: 'jumped', jumpMs, offset }
  }
  if (offset.highMs - offset.lowMs > clockJumpMaxMs) return { kind: 'unclear' }
  if (jumpMs !== 0) return { kind: 'steady', offset }
  const lowMs = Math.max(last.lowMs, offset.lowMs)
  const highMs = Math.min(last.highMs, offset.highMs)
  return { kind: 'steady', offset: { lowMs, highMs, sentAtMs: Math.max(last.sentAtMs, offset.sentAtMs) } }
}

function offsetOf(reading: ClockReading): Offset {
  const { clockMs, sentAtMs, receivedAtMs } = reading
  return { lowMs: clockMs - receivedAtMs, highMs: clockMs - sentAtMs, sentAtMs }
}

function expectedAt(offset: Offset, monotonicMs: number): number {
  return monotonicMs + (offset.lowMs + offset.highMs) / 2
}
