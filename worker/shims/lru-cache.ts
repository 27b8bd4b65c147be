/**
 * Stands in for lru-cache behind Baileys, which gives each entry of some of its caches a timer of three days and no bound
 * (WhiskeySockets/Baileys, pull request 2640). Ours are bounded, and look at an entry's age when it is asked for.
 */
const entriesMax = 2000

interface Options {
  readonly max?: number
  readonly ttl?: number
  readonly updateAgeOnGet?: boolean
  readonly dispose?: (value: unknown, key: string) => void
}

export class LRUCache {
  readonly #entries = new Map<string, { readonly value: unknown; readonly untilMs: number }>()
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): unknown {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.untilMs <= Date.now()) {
      this.delete(key)
      return undefined
    }
    this.#entries.delete(key)
    this.#entries.set(key, this.#options.updateAgeOnGet === true ? this.#entryOf(entry.value) : entry)
    return entry.value
  }

  has(key: string): boolean {
    return (this.#entries.get(key)?.untilMs ?? 0) > Date.now()
  }

  set(key: string, value: unknown): this {
    this.delete(key)
    this.#entries.set(key, this.#entryOf(value))
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > (this.#options.max ?? entriesMax) && oldest.done !== true) this.delete(oldest.value)
    return this
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#entries.delete(key)
    this.#options.dispose?.(entry.value, key)
    return true
  }

  clear(): void {
    for (const key of this.#entries.keys()) this.delete(key)
  }

  #entryOf(value: unknown): { readonly value: unknown; readonly untilMs: number } {
    return { value, untilMs: Date.now() + (this.#options.ttl ?? Number.POSITIVE_INFINITY) }
  }
}
