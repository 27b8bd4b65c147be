/** Lets at most `permits` holders in at once, in the order of their asking. */
export class Semaphore {
  #free: number
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(permits: number) {
    this.#free = permits
  }

  /** Permits that are out now, and asked for. */
  get taken(): number {
    return this.#taken
  }

  /** Lets in who waits and who comes: they are to see that nothing is started any more. */
  letAllIn(): void {
    this.#free = Number.POSITIVE_INFINITY
    for (const enter of this.#waiting.splice(0)) enter()
  }

  /** @returns a function that gives the permit back; calling it twice gives it back once. */
  async acquire(): Promise<() => void> {
    this.#taken += 1
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let released = false
    return () => {
      if (released) return
      released = true
      this.#taken -= 1
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
