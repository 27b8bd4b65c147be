/**
 * Gives memory back while nobody writes. V8 keeps what traffic has left behind until it needs the room, which for a bot
 * may be hours later, in each of fifty processes. One collection takes about ten milliseconds, and is made only when a
 * whole poll has brought nothing.
 */
const handledLeast = 100

export class Tidying {
  readonly #collect: () => void
  #tidyAt = 0
  #started = false

  /** `collect` is V8's own where `--expose-gc` makes it known (orchestrator/worker-flags.ts), else nothing. */
  constructor(collect: () => void = () => void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })) {
    this.#collect = collect
  }

  /** Nobody writes right now; `handled` counts the updates since the start. Collects once after the start, too. */
  quiet(handled: number): void {
    if (this.#started && handled - this.#tidyAt < handledLeast) return
    this.#started = true
    this.#tidyAt = handled
    this.#collect()
  }
}
