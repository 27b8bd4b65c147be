/** What happened, oldest first, and a way to wait for what has not happened yet: tests need no sleeps. */

const keptMax = 50_000

interface Waiter<T> {
  readonly match: (event: T) => boolean
  readonly resolve: (event: T) => void
}

export class Happenings<T extends { readonly kind: string }> {
  readonly #name: string
  readonly #all: T[] = []
  readonly #taken = new Set<T>()
  readonly #waiters: Waiter<T>[] = []
  readonly #onAdd: ((event: T) => void) | undefined

  /** @param onAdd told of each event when it is there */
  constructor(name: string, onAdd?: (event: T) => void) {
    this.#name = name
    this.#onAdd = onAdd
  }

  /** Everything, taken or not, oldest first; the oldest are forgotten beyond 50,000. */
  get all(): readonly T[] {
    return this.#all
  }

  count(kind: T['kind']): number {
    return this.#all.reduce((sum, event) => sum + (event.kind === kind ? 1 : 0), 0)
  }

  add(event: T): void {
    this.#all.push(event)
    if (this.#all.length > keptMax) for (const old of this.#all.splice(0, keptMax / 10)) this.#taken.delete(old)
    const index = this.#waiters.findIndex(({ match }) => match(event))
    if (index >= 0) {
      this.#taken.add(event)
      this.#waiters.splice(index, 1)[0]?.resolve(event)
    }
    this.#onAdd?.(event)
  }

  /**
   * The first event of this kind (that matches) which no earlier `next` has taken, now or when it happens. Throws after
   * `timeoutMs` (20 seconds), saying what happened instead.
   */
  next<K extends T['kind']>(
    kind: K,
    match: (event: Extract<T, { kind: K }>) => boolean = () => true,
    timeoutMs = 20_000,
  ): Promise<Extract<T, { kind: K }>> {
    type Wanted = Extract<T, { kind: K }>
    const matches = (event: T): event is Wanted => event.kind === kind && match(event as Wanted)
    const found = this.#all.find((event): event is Wanted => !this.#taken.has(event) && matches(event))
    if (found !== undefined) {
      this.#taken.add(found)
      return Promise.resolve(found)
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        match: matches,
        resolve: (event) => {
          clearTimeout(late)
          resolve(event as Wanted)
        },
      }
      const late = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        const kinds = this.#all.slice(-20).map((event) => event.kind)
        reject(new Error(`${this.#name}: no ${kind} within ${timeoutMs} ms; last: ${kinds.join(', ') || 'nothing'}`))
      }, timeoutMs)
      this.#waiters.push(waiter)
    })
  }
}
