/** A TCP proxy for faults between two real parts: it cuts, swallows, delays, half-opens, and lets through again. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

type Direction = 'to-server' | 'to-client'

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  /** Directions in which nothing arrives any more, not even an end; a lost direction stays lost for good. */
  readonly lost: Set<Direction>
  /** Packets that are held back, in their order: none overtakes another when the delay changes. */
  readonly held: Record<Direction, Held[]>
}

interface Held {
  readonly dueMs: number
  readonly pass: () => void
}

type Mode = 'through' | 'black-hole' | 'refuse'

export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #mode: Mode = 'through'
  #accepted = 0
  #delayMs = 0
  #breaksAfter: string | undefined

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

  /** One before the database of a URL, and the URL that leads through it. */
  static async toDatabase(databaseUrl: string): Promise<{ proxy: TcpProxy; url: string }> {
    const through = new URL(databaseUrl)
    const proxy = await TcpProxy.start({ host: through.hostname, port: Number(through.port) })
    through.port = String(proxy.port)
    return { proxy, url: through.href }
  }

  /** Connections that were let in since the start. */
  get accepted(): number {
    return this.#accepted
  }

  /** Nothing gets through any more, in either direction, and nobody is told, not even of an end. */
  blackHole(): void {
    this.#mode = 'black-hole'
    this.halfOpen('to-server')
    this.halfOpen('to-client')
  }

  /** One direction of every connection there is goes silent, the other one lives; new connections are whole. */
  halfOpen(direction: Direction): void {
    for (const { lost } of this.#pairs) lost.add(direction)
  }

  /** Every client is gone as if its host had lost power: the server hears nothing of it and keeps its end open. */
  loseClients(): void {
    for (const { client, lost } of this.#pairs) {
      lost.add('to-server')
      client.destroy()
    }
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

  /** The next packet to the server that holds this text gets there, and its connection breaks before any answer. */
  breakAfter(text: string): void {
    this.#breaksAfter = text
  }

  /** Lets new connections through again; what was lost stays lost, as with a connection whose other end was replaced. */
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
    const lost = new Set<Direction>(this.#mode === 'black-hole' ? ['to-server', 'to-client'] : [])
    const pair: Pair = { client, upstream, lost, held: { 'to-server': [], 'to-client': [] } }
    this.#pairs.add(pair)
    this.#carry(pair, 'to-server')
    this.#carry(pair, 'to-client')
  }

  #carry(pair: Pair, direction: Direction): void {
    const { client, upstream, lost } = pair
    const [from, to] = direction === 'to-server' ? [client, upstream] : [upstream, client]
    from.on('data', (chunk: Buffer) => {
      if (direction === 'to-server' && this.#isBreaking(chunk)) {
        lost.add('to-client')
        this.#pass(pair, direction, () => to.write(chunk, () => client.resetAndDestroy()))
      } else {
        this.#pass(pair, direction, () => to.write(chunk))
      }
    })
    from.on('end', () => this.#pass(pair, direction, () => to.end()))
    from.on('error', () => {})
    from.on('close', () => {
      if (!lost.has(direction)) to.destroy()
      if (client.closed && upstream.closed) this.#pairs.delete(pair)
    })
  }

  #isBreaking(chunk: Buffer): boolean {
    if (this.#breaksAfter === undefined || !chunk.includes(this.#breaksAfter)) return false
    this.#breaksAfter = undefined
    return true
  }

  #pass(pair: Pair, direction: Direction, pass: () => void): void {
    if (pair.lost.has(direction)) return
    const held = pair.held[direction]
    if (this.#delayMs === 0 && held.length === 0) return pass()
    const dueMs = Math.max(performance.now() + this.#delayMs, held.at(-1)?.dueMs ?? 0)
    held.push({ dueMs, pass })
    if (held.length === 1) releaseWhenDue(held)
  }
}

/** Passes the first of them when it is due, then the next. */
function releaseWhenDue(held: Held[]): void {
  const [first] = held
  if (first === undefined) return
  setTimeout(() => {
    held.shift()
    first.pass()
    releaseWhenDue(held)
  }, first.dueMs - performance.now())
}
