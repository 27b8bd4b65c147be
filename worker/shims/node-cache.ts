/**
 * Stands in for @cacheable/node-cache behind Baileys: entries that are forgotten after a while, without timers, copies and
 * the packages that bring those. Bounded: the oldest makes room.
 */
const entriesMax = 5000

interface Entry {
  readonly value: unknown
  readonly untilMs: number
}

export class NodeCache {
  readonly #entries = new Map<string, Entry>()
  readonly #lifeMs: number

  constructor({ stdTTL }: { readonly stdTTL: number }) {
    this.#lifeMs = stdTTL * 1000
  }

  get(key: string): unknown {
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.untilMs > Date.now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  set(key: string, value: unknown): boolean {
    this.#entries.delete(key)
    this.#entries.set(key, { value, untilMs: Date.now() + this.#lifeMs })
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > entriesMax && oldest.done !== true) this.#entries.delete(oldest.value)
    return true
  }

  del(key: string): void {
    this.#entries.delete(key)
  }

  flushAll(): void {
    this.#entries.clear()
  }

  close(): void {
    this.#entries.clear()
  }
}

export { NodeCache as default }
