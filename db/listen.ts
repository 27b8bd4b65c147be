/**
 * LISTEN on a connection of its own. Notifications sent while it was down are lost, so every (re)connect wakes the
 * caller to read anew: a notification only hurries, the poll is the truth.
 */
import pg from 'pg'

const probeEveryMs = 15_000
const probeLimitMs = 5_000
const backoffBaseMs = 200
const backoffMaxMs = 10_000

type Wake = (channel: string, payload: string | undefined) => void

export class Listener {
  readonly #url: string
  readonly #channels: readonly string[]
  readonly #onWake: Wake
  #client: pg.Client | undefined
  #stopped = false
  #attempt = 0
  #timer: NodeJS.Timeout | undefined

  /** `onWake` gets no payload after a (re)connect: read everything then. */
  constructor(url: string, channels: readonly string[], onWake: Wake) {
    this.#url = url
    this.#channels = channels
    this.#onWake = onWake
  }

  /** Starts listening; does not wait for the first connection, which may come late. */
  async start(): Promise<void> {
    await this.#connect()
  }

  /** Ends it; complete, may be called twice or before start. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'botfleet listen',
      connectionTimeoutMillis: 5000,
      query_timeout: probeLimitMs,
      keepAlive: true,
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
    }, probeEveryMs)
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client || this.#stopped) return
    this.#client = undefined
    clearTimeout(this.#timer)
    client.end().catch(() => {})
    const ceilingMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** this.#attempt)
    this.#attempt = Math.min(this.#attempt + 1, 10)
    this.#timer = setTimeout(() => void this.#connect(), ceilingMs * (0.5 + Math.random() / 2))
  }
}
