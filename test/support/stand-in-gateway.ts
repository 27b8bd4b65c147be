/**
 * A gateway that is none: it answers a worker's heartbeats as it is told and lets every call pass, so that the worker
 * can be looked at alone, without a database and a supervisor.
 */
import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Heartbeat, type HeartbeatReply, lifelineAccepted } from '../../domain/worker-contract.ts'
import { readLines } from '../../runtime/read-lines.ts'

export const plainLimits = { rateLimitRps: 1, maxConcurrentRequests: 3 }
const answerTo: Readonly<Record<string, object>> = {
  '/v1/arrive': { outcome: { customerId: 'c', language: null }, repeated: false, answered: false, earlierMarks: [] },
  '/v1/recall': { state: null, answered: false },
  '/v1/outbox/due': { urgent: [], bulk: [], nextInMs: null, mark: null },
}

/** A heartbeat's answer that grants `grantMs`. */
export function granting(grantMs: number): HeartbeatReply {
  return { granted: { grantMs, limits: plainLimits, drain: false, unlink: false } }
}

export interface StandInAnswers {
  /** Undefined: no answer at all; a promise: that late. */
  readonly heartbeat: (words: Heartbeat) => HeartbeatReply | undefined | Promise<HeartbeatReply | undefined>
  /** Called before a call is answered, which waits for it. */
  readonly beforeAnswer?: (path: string) => Promise<void>
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
      void (answers.beforeAnswer?.(path) ?? Promise.resolve()).then(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerTo[path] ?? {}))
      })
    })
    this.#server.on('upgrade', (_request, socket) => {
      this.#lifelines.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#lifelines.delete(socket))
      socket.write(lifelineAccepted)
      readLines(socket, 65_536, (line) => {
        this.calls.push('heartbeat')
        void Promise.resolve(answers.heartbeat(JSON.parse(line) as Heartbeat)).then((reply) => {
          if (reply !== undefined) socket.write(`${JSON.stringify(reply)}\n`)
        })
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
