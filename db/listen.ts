/**
 * LISTEN on a connection of its own. Notifications sent while it was down are lost, so every (re)connect wakes the
 * caller to read anew: a notification only hurries, the poll is the truth.
 */
import pg from 'pg'
import { backoffMs } from '../domain/backoff.ts'
import { Sockets } from './sockets.ts'

const reconnect = { baseMs: 200, maxMs: 10_000 }
const goodbyeMs = 500

type Wake = (channel: string, payload: string | undefined) => void

export interface ListenLimits {
  /** How often the connection is asked whether it still answers. */
  readonly probeEveryMs: number
  /** How long connecting and each answer may take. */
  readonly probeLimitMs: number
}

const usualLimits: ListenLimits = { probeEveryMs: 15_000, probeLimitMs: 5_000 }

export class Listener {
  readonly #url: string
  readonly #channels: readonly string[]
  readonly #onWake: Wake
  readonly #limits: ListenLimits
  readonly #sockets = new Sockets()
  #client: pg.Client | undefined
  #stopped = false
  #attempt = 0
  #timer: NodeJS.Timeout | undefined

  /** `onWake` gets no payload after a (re)connect: read everything then. */
  constructor(url: string, channels: readonly string[], onWake: Wake, limits: ListenLimits = usualLimits) {
    this.#url = url
    this.#limits = limits
    this.#channels = channels
    this.#onWake = onWake
  }

  /** Starts listening; returns after the first attempt to connect, whether or not it succeeded. */
  async start(): Promise<void> {
    await this.#connect()
  }

  /** Ends it; complete, may be called twice or before start. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const client = this.#client
    this.#client = undefined
    const goodbye = client?.end().catch(() => {})
    await this.#sockets.end(goodbyeMs)
    await goodbye
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'botfleet listen',
      connectionTimeoutMillis: this.#limits.probeLimitMs,
      query_timeout: this.#limits.probeLimitMs,
      keepAlive: true,
      stream: this.#sockets.create,
    })
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    client.on('notification', ({ channel, payload }) => this.#onWake(channel, payload ?? ''))
    this.#client = client
    try {
      await client.connect()
      for (const channel of this.#channels) await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch {
      return this.#lost(client)
    }
    if (this.#client !== client) return
    this.#attempt = 0
    for (const channel of this.#channels) this.#onWake(channel, undefined)
    this.#probeLater(client)
  }

  /** A silent partition delivers nothing and says nothing: ask now and then. */
  #probeLater(client: pg.Client): void {
    this.#timer = setTimeout(() => {
      client.query('select 1').then(
        () => {
          if (this.#client === client) this.#probeLater(client)
        },
        () => this.#lost(client),
      )
    }, this.#limits.probeEveryMs)
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client || this.#stopped) return
    this.#client = undefined
    clearTimeout(this.#timer)
    client.end().catch(() => {})
    // Nobody may be left on the other side to hang up.
    void this.#sockets.end(0)
    this.#attempt += 1
    this.#timer = setTimeout(() => void this.#connect(), backoffMs(reconnect, this.#attempt))
  }
}
