import type { Clock } from '../../runtime/clock.ts'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** A monotonic clock whose timers fire when it is moved. */
export class HandClock implements Clock {
  nowMs = 0
  #timers: Timer[] = []
  #armed = Promise.withResolvers<void>()

  monotonicMs = () => this.nowMs
  wallMs = () => this.nowMs
  setTimer = (delayMs: number, run: () => void) => {
    const timer = { atMs: this.nowMs + Math.max(0, delayMs), run }
    this.#timers.push(timer)
    this.#armed.resolve()
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Moves on and waits until everybody whose time has come is through and waits anew. */
  async move(ms: number): Promise<void> {
    this.nowMs += ms
    const count = this.#timers.length
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs)
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs)
    for (const { run } of due) run()
    while (this.#timers.length < count) {
      this.#armed = Promise.withResolvers()
      await this.#armed.promise
    }
  }
}
