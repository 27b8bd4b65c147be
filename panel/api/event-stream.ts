/**
 * One stream of server-sent events. What cannot be written at once is not kept: a reader that is too slow is told to read
 * everything anew when it has caught up.
 */
import type { Response } from 'express'

/** A reader that has taken nothing for this long is let go of. */
const stalledMaxMs = 60_000
/** When a browser is to connect anew after the stream broke. */
const retryMs = 2000

export class EventStream {
  /** When the reader stopped taking; undefined while it takes. */
  #behindSinceMs: number | undefined
  /** Something was not written meanwhile. */
  #hasMissed = false
  readonly #response: Response
  readonly #onCaughtUp: () => void

  /** Begins the answer; `onCaughtUp` is called when a reader takes again who was too slow for something. */
  constructor(response: Response, onCaughtUp: () => void) {
    this.#response = response
    this.#onCaughtUp = onCaughtUp
    response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
    response.flushHeaders()
    response.on('drain', () => {
      this.#behindSinceMs = undefined
      if (!this.#hasMissed) return
      this.#hasMissed = false
      this.#onCaughtUp()
    })
    this.write(`retry: ${retryMs}\n\n`)
  }

  get isBehind(): boolean {
    return this.#behindSinceMs !== undefined
  }

  /** Writes what `formatEvent` made, unless the reader is behind. */
  write(text: string): void {
    if (this.#response.writableEnded) return
    if (this.isBehind) this.#hasMissed = true
    else if (!this.#response.write(text)) this.#behindSinceMs = performance.now()
  }

  /** Lets go of a reader that takes nothing any more. */
  dropIfStalled(): void {
    if (this.#behindSinceMs !== undefined && performance.now() - this.#behindSinceMs > stalledMaxMs) this.destroy()
  }

  /** Says a last thing and ends; at once for a reader that is behind. */
  end(text: string): void {
    if (this.isBehind) this.destroy()
    else if (!this.#response.writableEnded) this.#response.end(text)
  }

  destroy(): void {
    this.#response.destroy()
  }
}

/** An event as it is sent; `id` is what the browser resumes after. */
export function formatEvent(event: string, data: unknown, id?: string): string {
  // JSON has no line break outside of its strings, and in them it is escaped.
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** Keeps the connection open and moves on what is resumed after. */
export function formatBeat(id: string): string {
  return `: beat\nid: ${id}\n\n`
}
