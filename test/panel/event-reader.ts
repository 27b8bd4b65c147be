import { request as httpRequest, type IncomingMessage } from 'node:http'
import { vi } from 'vitest'
import type { Panel } from '../../panel/api/start-panel.ts'

export interface SentEvent {
  readonly event: string
  readonly id: string
  readonly data: Record<string, unknown>
}

/** Reads a stream of events as a browser does, on a connection of its own. */
export class EventReader {
  readonly events: SentEvent[] = []
  /** What a browser would resume after. */
  lastId = ''
  beats = 0
  isOver = false
  readonly response: IncomingMessage
  #rest = ''

  private constructor(response: IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.#take(text))
    for (const end of ['end', 'close', 'error']) response.on(end, () => (this.isOver = true))
  }

  static open(panel: Pick<Panel, 'port'>, path: string, headers: Record<string, string>): Promise<EventReader> {
    const { promise, resolve, reject } = Promise.withResolvers<EventReader>()
    const request = httpRequest({ host: '127.0.0.1', port: panel.port, path, headers, agent: false }, (response) =>
      resolve(new EventReader(response)),
    )
    request.on('error', reject)
    request.end()
    return promise
  }

  named(name: string): SentEvent[] {
    return this.events.filter(({ event }) => event === name)
  }

  /** The ids of what changed. */
  get changed(): unknown[] {
    return this.named('change').map(({ data }) => data['subject'])
  }

  /** Waits until the stream has told something. */
  async until(check: (reader: this) => void, timeout = 10_000): Promise<void> {
    await vi.waitFor(() => check(this), { timeout, interval: 10 })
  }

  close(): void {
    this.response.destroy()
  }

  #take(text: string): void {
    this.#rest += text
    for (let end = this.#rest.indexOf('\n\n'); end !== -1; end = this.#rest.indexOf('\n\n')) {
      this.#read(this.#rest.slice(0, end).split('\n'))
      this.#rest = this.#rest.slice(end + 2)
    }
  }

  #read(lines: readonly string[]): void {
    const of = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    if (lines.some((line) => line.startsWith(':'))) this.beats += 1
    this.lastId = of('id') ?? this.lastId
    const data = of('data')
    if (data !== undefined)
      this.events.push({ event: of('event') ?? 'message', id: this.lastId, data: JSON.parse(data) })
  }
}
