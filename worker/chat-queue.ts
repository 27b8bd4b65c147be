/** Runs work in order within a chat, chats independent of each other, at most `concurrencyMax` at once. */
export class ChatQueue {
  readonly #concurrencyMax: number
  readonly #tails = new Map<string, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(concurrencyMax: number) {
    this.#concurrencyMax = concurrencyMax
  }

  /** Adds work to a chat; `work` must not reject. */
  add(chat: string, work: () => Promise<void>): void {
    const before = this.#tails.get(chat) ?? Promise.resolve()
    const tail = before.then(() => this.#run(work))
    this.#tails.set(chat, tail)
    void tail.then(() => {
      if (this.#tails.get(chat) === tail) this.#tails.delete(chat)
    })
  }

  /** Resolves when nothing is queued or running. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values())
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#concurrencyMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
