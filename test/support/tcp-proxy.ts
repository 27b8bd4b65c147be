/** A TCP proxy for faults between two real parts: it cuts, swallows, delays, and lets through again. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

type Mode = 'through' | 'black-hole' | 'refuse'

export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #pairs = new Set<[client: Socket, upstream: Socket]>()
  #mode: Mode = 'through'
  #delayMs = 0

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: false })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new TcpProxy(server)
    server.on('connection', (client) => proxy.#join(client, target))
    return proxy
  }

  /** Nothing gets through any more, in either direction, and nobody is told. */
  blackHole(): void {
    this.#mode = 'black-hole'
  }

  /** Breaks every connection; new ones are refused until `heal`. */
  cut(): void {
    this.#mode = 'refuse'
    for (const [client, upstream] of this.#pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }

  /** Holds every packet back by this long. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** Lets through again; what was swallowed stays lost, so old connections are of no use. */
  heal(): void {
    this.#mode = 'through'
    this.#delayMs = 0
  }

  async stop(): Promise<void> {
    for (const [client, upstream] of this.#pairs) {
      client.destroy()
      upstream.destroy()
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #join(client: Socket, target: { host: string; port: number }): void {
    if (this.#mode === 'refuse') return void client.resetAndDestroy()
    const upstream = connect(target)
    const pair: [Socket, Socket] = [client, upstream]
    this.#pairs.add(pair)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => this.#pass(to, chunk))
      from.on('error', () => {})
      from.on('close', () => {
        this.#pairs.delete(pair)
        if (this.#mode !== 'black-hole') to.destroy()
      })
    }
  }

  #pass(to: Socket, chunk: Buffer): void {
    if (this.#mode === 'black-hole') return
    if (this.#delayMs > 0) setTimeout(() => to.write(chunk), this.#delayMs)
    else to.write(chunk)
  }
}
