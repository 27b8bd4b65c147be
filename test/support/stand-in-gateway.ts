/** A gateway that is none: it answers a worker's heartbeats and calls as a test says, so that the worker can be looked at alone. */
import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type HeartbeatReply, lifelineProtocol } from '../../domain/worker-contract.ts'
import { readLines } from '../../runtime/read-lines.ts'

export interface StandInAnswers {
  /** Undefined: no answer at all. */
  readonly heartbeat: () => HeartbeatReply | undefined
  /** The body of a 200 for a path. */
  readonly call: (path: string) => unknown
}

export class StandInGateway {
  /** The paths that were called, heartbeats as `heartbeat`. */
  readonly calls: string[] = []
  readonly #server: Server
  readonly #lifelines = new Set<Duplex>()

  private constructor(answers: StandInAnswers) {
    this.#server = createServer((request, response) => {
      const path = request.url ?? ''
      this.calls.push(path)
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers.call(path)))
    })
    this.#server.on('upgrade', (_request, socket) => {
      this.#lifelines.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#lifelines.delete(socket))
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${lifelineProtocol}\r\n\r\n`)
      readLines(socket, 65_536, () => {
        this.calls.push('heartbeat')
        const reply = answers.heartbeat()
        if (reply !== undefined) socket.write(`${JSON.stringify(reply)}\n`)
      })
    })
  }

  static async start(path: string, answers: StandInAnswers): Promise<StandInGateway> {
    const gateway = new StandInGateway(answers)
    await new Promise<void>((resolve) => gateway.#server.listen(path, resolve))
    return gateway
  }

  /** Cuts every connection and listens no more; may be called twice. */
  stop(): void {
    for (const socket of this.#lifelines) socket.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
