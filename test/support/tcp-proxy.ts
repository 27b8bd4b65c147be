/** A TCP proxy for faults between two real parts: it cuts, swallows, delays, and lets through again. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  /** Fell into the black hole: it stays silent for good, as a connection does whose other end was replaced. */
  lost: boolean
}

type Mode = 'through' | 'black-hole' | 'refuse'

export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #mode: Mode = 'through'
  #accepted = 0
  #delayMs = 0

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new TcpProxy(server)
    server.on('connection', (client) => proxy.#join(client, target))
    return proxy
  }

  /** Connections that were let in since the start. */
  get accepted(): number {
    return this.#accepted
  }

  /** Nothing gets through any more, in either direction, and nobody is told, not even of an end. */
  blackHole(): void {
    this.#mode = 'black-hole'
    for (const pair of this.#pairs) pair.lost = true
  }

  /** Breaks every connection; new ones are refused until `heal`. */
  cut(): void {
    this.#mode = 'refuse'
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }

  /** Holds every packet back by this long. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** Lets new connections through again; those that fell into the black hole stay lost. */
  heal(): void {
    this.#mode = 'through'
    this.#delayMs = 0
  }

  /** Ends it; may be called twice. */
  async stop(): Promise<void> {
    this.#mode = 'refuse'
    for (const { client, upstream } of this.#pairs) {
      client.destroy()
      upstream.destroy()
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #join(client: Socket, target: { host: string; port: number }): void {
    if (this.#mode === 'refuse') return void client.resetAndDestroy()
    this.#accepted += 1
    const upstream = connect({ ...target, allowHalfOpen: true })
    const pair: Pair = { client, upstream, lost: this.#mode === 'black-hole' }
    this.#pairs.add(pair)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => this.#pass(pair, () => to.write(chunk)))
      from.on('end', () => this.#pass(pair, () => to.end()))
      from.on('error', () => {})
      from.on('close', () => {
        if (!pair.lost) to.destroy()
        if (client.closed && upstream.closed) this.#pairs.delete(pair)
      })
    }
  }

  #pass(pair: Pair, pass: () => void): void {
    if (pair.lost) return
    if (this.#delayMs > 0) setTimeout(pass, this.#delayMs)
    else pass()
  }
}
