/** What the files say, added up while they are read: by collection, tenant and state. */
export interface SourceSum {
  readonly collection: string
  readonly tenant: string | null
  readonly state: string
  count: number
  amount: bigint
}

export class SourceSums {
  readonly #sums = new Map<string, SourceSum>()

  add(what: { collection: string; tenant: string | null; state: string; amount: bigint }): void {
    const { collection, tenant, state, amount } = what
    const key = JSON.stringify([collection, tenant, state])
    const sum = this.#sums.get(key) ?? { collection, tenant, state, count: 0, amount: 0n }
    sum.count += 1
    sum.amount += amount
    this.#sums.set(key, sum)
  }

  list(): readonly SourceSum[] {
    return [...this.#sums.values()]
  }
}
