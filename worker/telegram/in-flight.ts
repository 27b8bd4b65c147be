/**
 * Which updates are being worked on, and what may be confirmed: an update is confirmed by the next poll's offset, so
 * the offset never passes the oldest unfinished one (facts/telegram.md 3.2). Ids need not grow for ever: nothing is
 * ignored for being lower than an earlier id, only for being known.
 */
export class InFlight {
  readonly #unfinished = new Set<number>()
  readonly #finished = new Set<number>()

  /** Takes a delivered batch; returns those that are new. */
  take<U extends { update_id: number }>(updates: readonly U[]): U[] {
    const fresh = updates.filter(({ update_id: id }) => !this.#unfinished.has(id) && !this.#finished.has(id))
    for (const { update_id: id } of fresh) this.#unfinished.add(id)
    return fresh
  }

  /** Notes that an update needs no redelivery any more. */
  finish(id: number): void {
    if (this.#unfinished.delete(id)) this.#finished.add(id)
  }

  /** Lets an update be delivered again. */
  abandon(id: number): void {
    this.#unfinished.delete(id)
  }

  /** The offset of the next poll; undefined when there is nothing to confirm or to step over. */
  offset(): number | undefined {
    if (this.#unfinished.size > 0) return Math.min(...this.#unfinished)
    return this.#finished.size > 0 ? Math.max(...this.#finished) + 1 : undefined
  }

  /** A poll with this offset was accepted: what lies below it will not be delivered again. */
  confirmed(offset: number | undefined): void {
    if (offset === undefined) return
    for (const id of this.#finished) if (id < offset) this.#finished.delete(id)
  }

  get unfinished(): number {
    return this.#unfinished.size
  }

  /** Whether some finished update could be confirmed by another poll. */
  get hasUnconfirmed(): boolean {
    const offset = this.offset()
    return offset !== undefined && [...this.#finished].some((id) => id < offset)
  }
}
