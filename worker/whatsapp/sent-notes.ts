/**
 * How far messages have got, told to the gateway in batches: what becomes of one within a second is one note. That one is
 * `written` is not noted: until the server has acknowledged it, it may be lost with the connection, so it stays `queued`
 * and the next worker sends it again.
 */
import type { Clock } from '../../runtime/clock.ts'
import type { GatewayClient } from '../gateway-client.ts'
import type { StatusUpdate } from './connection.ts'

const gatherMs = 1000
const batchMax = 200
const rank = { failed: 0, acked: 1, delivered: 2 } as const

export class SentNotes {
  readonly #gateway: GatewayClient
  readonly #clock: Clock
  #waiting = new Map<string, StatusUpdate>()
  #cancelTimer: (() => void) | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(given: { readonly gateway: GatewayClient; readonly clock: Clock }) {
    this.#gateway = given.gateway
    this.#clock = given.clock
  }

  note(update: StatusUpdate): void {
    const key = `${update.chat} ${update.id}`
    const known = this.#waiting.get(key)
    if (known !== undefined && rank[known.state] >= rank[update.state]) return
    this.#waiting.set(key, update)
    if (this.#waiting.size >= batchMax) void this.flush()
    else this.#cancelTimer ??= this.#clock.setTimer(gatherMs, () => void this.flush())
  }

  /** Tells all that is known; resolves when it is told. */
  flush(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const updates = [...this.#waiting.values()]
    this.#waiting = new Map()
    if (updates.length > 0) this.#flushing = this.#flushing.then(() => this.#tell(updates))
    return this.#flushing
  }

  /** A worker that may not tell it any more is about to end. */
  async #tell(updates: readonly StatusUpdate[]): Promise<void> {
    const changes = updates.map(({ chat, id, state, reason }) => ({ chat, id, state, reason: reason ?? null }))
    await this.#gateway.call('waSent', { changes }).catch(() => {})
  }
}
