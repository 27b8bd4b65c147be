/**
 * Which updates are being worked on, and what may be confirmed: an update is confirmed by the next poll's offset, so
 * the offset never passes the oldest unfinished one (facts/telegram.md 3.2). Ids need not grow for ever: nothing is
 * ignored for being lower than an earlier id, only for being known.
 */
export class InFlight {
  readonly #unfinished = new Set<number>()
  readonly #finished = new Set<number>()
  /** Given up for now: they hold the offset back until they are delivered again, or no longer exist. */
  readonly #abandoned = new Set<number>()

  /** Takes a delivered batch, which is whole unless it has `limit` updates; returns those that are new. */
  take<U extends { update_id: number }>(updates: readonly U[], limit = Number.POSITIVE_INFINITY): U[] {
    const last = updates.length < limit ? Number.POSITIVE_INFINITY : Math.max(...updates.map((u) => u.update_id))
    for (const id of this.#abandoned) if (id <= last) this.#abandoned.delete(id)
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
    if (this.#unfinished.delete(id)) this.#abandoned.add(id)
  }

  /** The offset of the next poll; undefined when there is nothing to confirm or to step over. */
  offset(): number | undefined {
    const open = [...this.#unfinished, ...this.#abandoned]
    if (open.length > 0) return Math.min(...open)
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
