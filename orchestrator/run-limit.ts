import type { PlannedInstance } from '../services/read-server-plan.ts'

/**
 * Until when an instance may run, on our monotonic clock; never later than the database's own. The end of a request to pair
 * only comes nearer: whatever the database's clock does, nobody pairs longer than was left at the first look.
 */
export class RunLimit {
  #endsAtMs = 0
  #request: { readonly number: number; readonly endsAtMs: number } | undefined

  get endsAtMs(): number {
    return this.#endsAtMs
  }

  /** The last request to pair, where its time is over by our clock. */
  overdueRequest(nowMs: number): number | undefined {
    return this.#request !== undefined && this.#request.endsAtMs <= nowMs ? this.#request.number : undefined
  }

  /** Takes over a plan that was asked for at `readAtMs`. */
  plan(
    planned: Pick<PlannedInstance, 'expiresInMs' | 'pairingRequest' | 'desired' | 'status'>,
    readAtMs: number,
  ): void {
    const toldMs = planned.expiresInMs === null ? readAtMs : readAtMs + planned.expiresInMs
    const onlyPairs = planned.desired === 'pairing' || planned.status === 'new'
    if (planned.pairingRequest !== null && onlyPairs) {
      const earlierMs = this.#request?.number === planned.pairingRequest ? this.#request.endsAtMs : toldMs
      this.#request = { number: planned.pairingRequest, endsAtMs: Math.min(earlierMs, toldMs) }
    }
    this.#endsAtMs = onlyPairs ? Math.min(toldMs, this.#request?.endsAtMs ?? toldMs) : toldMs
  }
}
