/** Counts the statements that go to a database: the messages of its protocol by which one is run. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Messages that run something: a text of statements as it stands, or a portal. */
const runs = new Set(['Q', 'E'])

export class StatementCounter {
  /** Leads to the database by way of the counter. */
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #count = 0

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async before(databaseUrl: string): Promise<StatementCounter> {
    const url = new URL(databaseUrl)
    const target = { host: url.hostname, port: Number(url.port) }
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url.port = String((server.address() as AddressInfo).port)
    const counter = new StatementCounter(server, url.href)
    server.on('connection', (client) => counter.#join(client, connect(target)))
    return counter
  }

  /** Statements since the last call. */
  take(): number {
    const count = this.#count
    this.#count = 0
    return count
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #join(client: Socket, upstream: Socket): void {
    let rest = Buffer.alloc(0)
    /** The first message of a connection has no type. */
    let begun = false
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const head = begun ? 1 : 0
        if (rest.length < head + 4) break
        const end = head + rest.readUInt32BE(head)
        if (rest.length < end) break
        if (begun && runs.has(String.fromCharCode(rest[0] ?? 0))) this.#count += 1
        begun = true
        rest = rest.subarray(end)
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => client.write(chunk))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  }
}
