/**
 * The lifelines: one connection a worker, open for as long as both sides live. Its end tells each side of the other's
 * in milliseconds, and heartbeats travel on it as lines of JSON, which costs a supervisor with many idle workers a
 * fraction of a request for each.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  type Heartbeat,
  type HeartbeatReply,
  type HeartbeatVerdict,
  heartbeatSchema,
  lifelineAccepted,
  lifelineHearsPokes,
  lifelinePoke,
  lifelineProtocol,
} from '../domain/worker-contract.ts'
import type { WorkerClaim } from '../domain/worker-token.ts'
import type { Log } from '../runtime/log.ts'
import { readLines } from '../runtime/read-lines.ts'

const lineBytesMax = 16 * 1024

export interface LifelineEvents {
  readonly heartbeat: (claim: WorkerClaim, heartbeat: Heartbeat) => HeartbeatVerdict
  readonly closed: (claim: WorkerClaim) => void
}

export class Lifelines {
  readonly #events: LifelineEvents
  readonly #log: Log
  readonly #open = new Set<Duplex>()
  /** The connections of workers that hear pokes, by instance: an old worker's may still be open beside the new one's. */
  readonly #hearing = new Map<string, Set<Duplex>>()

  constructor(events: LifelineEvents, log: Log) {
    this.#events = events
    this.#log = log
  }

  /** Takes over a connection that asked to become a lifeline and whose token was verified. */
  accept(claim: WorkerClaim, request: IncomingMessage, socket: Duplex): void {
    if (request.headers.upgrade !== lifelineProtocol) return void socket.destroy()
    this.#open.add(socket)
    if (request.headers[lifelineHearsPokes] !== undefined) this.#hear(claim.instanceId, socket)
    socket.on('error', () => {})
    // An HTTP server leaves its side of a connection open when the other one ends.
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      this.#open.delete(socket)
      this.#events.closed(claim)
    })
    socket.write(lifelineAccepted)
    readLines(socket, lineBytesMax, (line) => socket.write(`${JSON.stringify(this.#answer(claim, line))}\n`))
  }

  /** Tells the workers of these instances that something waits to be told; one that does not read is spared. */
  poke(instanceIds: Iterable<string>): void {
    for (const id of instanceIds) {
      for (const socket of this.#hearing.get(id) ?? []) if (!socket.writableNeedDrain) socket.write(`${lifelinePoke}\n`)
    }
  }

  closeAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #hear(instanceId: string, socket: Duplex): void {
    const sockets = this.#hearing.get(instanceId) ?? new Set()
    this.#hearing.set(instanceId, sockets.add(socket))
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0 && this.#hearing.get(instanceId) === sockets) this.#hearing.delete(instanceId)
    })
  }

  /** A heartbeat that cannot be answered costs that heartbeat, and not the server and everybody on it. */
  #answer(claim: WorkerClaim, line: string): HeartbeatReply {
    try {
      return this.#reply(claim, line)
    } catch (error) {
      this.#log.error({ error, instance: claim.instanceId }, 'a heartbeat could not be answered')
      return { refused: { code: 'internal', message: 'the supervisor could not answer: see its log' } }
    }
  }

  #reply(claim: WorkerClaim, line: string): HeartbeatReply {
    const heartbeat = decode(line)
    if (heartbeat === undefined) return { refused: { code: 'usage', message: 'this is no heartbeat' } }
    const verdict = this.#events.heartbeat(claim, heartbeat)
    switch (verdict.kind) {
      case 'granted':
        return { granted: verdict.answer }
      case 'wait':
        return { refused: { code: 'unavailable', message: 'this worker is not verified yet: ask again' } }
      case 'fenced':
        return { refused: { code: 'fenced', message: 'this worker no longer holds its instance' } }
      default:
        return verdict satisfies never
    }
  }
}

function decode(line: string): Heartbeat | undefined {
  try {
    const result = heartbeatSchema.safeParse(JSON.parse(line))
    return result.success ? result.data : undefined
  } catch {
    return undefined
  }
}
