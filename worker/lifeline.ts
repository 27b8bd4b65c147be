/**
 * The worker's end of its lifeline: one connection to the gateway that is opened again whenever it closes. Heartbeats
 * and their answers travel on it as lines of JSON, one at a time.
 */
import { type ClientRequest, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { backoffMs } from '../domain/backoff.ts'
import {
  type HeartbeatAnswer,
  type HeartbeatWords,
  heartbeatReplySchema,
  lifelineHearsPokes,
  lifelinePath,
  lifelinePoke,
  lifelineProtocol,
} from '../domain/worker-contract.ts'
import type { Clock } from '../runtime/clock.ts'
import { readLines } from '../runtime/read-lines.ts'
import { GatewayAway, refusalError } from './gateway-refusal.ts'

const answerLimitMs = 15_000
const answerBytesMax = 16 * 1024
const retry = { baseMs: 50, maxMs: 500 }

export interface LifelineOptions {
  readonly socketPath: string
  readonly token: string
  readonly clock: Clock
  /** Called whenever the connection stands again: a new supervisor has to hear of us before it grants time. */
  readonly onOpen: () => void
  /** Called when the gateway says that something waits to be told. */
  readonly onPoke: () => void
}

interface Waiting {
  readonly resolve: (line: string) => void
  readonly reject: (error: Error) => void
}

export class Lifeline {
  readonly #options: LifelineOptions
  #request: ClientRequest | undefined
  #socket: Duplex | undefined
  #waiting: Waiting | undefined
  #failures = 0
  #closed = false

  constructor(options: LifelineOptions) {
    this.#options = options
    this.#connect()
  }

  /**
   * One heartbeat; throws `GatewayAway` when nobody answers, and `WorkerExit` when the instance is no longer ours. Not
   * to be called again before it has ended.
   */
  async heartbeat(words: HeartbeatWords): Promise<HeartbeatAnswer> {
    const line = await this.#ask(JSON.stringify(words))
    const reply = heartbeatReplySchema.parse(JSON.parse(line))
    if ('granted' in reply) return reply.granted
    throw refusalError(reply.refused, 'a heartbeat')
  }

  close(): void {
    this.#closed = true
    this.#request?.destroy()
    this.#socket?.destroy()
  }

  #ask(line: string): Promise<string> {
    const socket = this.#socket
    if (socket === undefined) return Promise.reject(new GatewayAway('the gateway is away'))
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.setTimer(answerLimitMs, () => socket.destroy())
      const settle = (): void => {
        cancel()
        this.#waiting = undefined
      }
      this.#waiting = {
        resolve: (answer) => {
          settle()
          resolve(answer)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      socket.write(`${line}\n`)
    })
  }

  #connect(): void {
    if (this.#closed) return
    const { socketPath, token } = this.#options
    const headers = {
      authorization: `Bearer ${token}`,
      connection: 'Upgrade',
      upgrade: lifelineProtocol,
      [lifelineHearsPokes]: '1',
    }
    const sent = request({ socketPath, agent: false, path: lifelinePath, headers })
    this.#request = sent
    sent.on('upgrade', (_response, socket) => this.#opened(socket))
    // An answer without an upgrade is a refusal: the next heartbeat would hear the same, so it is asked for again.
    sent.on('response', (response) => {
      response.resume()
      this.#reconnect()
    })
    sent.on('error', () => this.#reconnect())
    sent.end()
  }

  #opened(socket: Duplex): void {
    this.#socket = socket
    this.#failures = 0
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#socket = undefined
      this.#waiting?.reject(new GatewayAway('the lifeline closed'))
      this.#reconnect()
    })
    readLines(socket, answerBytesMax, (line) => {
      if (line === lifelinePoke) this.#options.onPoke()
      else this.#waiting?.resolve(line)
    })
    this.#options.onOpen()
  }

  #reconnect(): void {
    if (this.#closed) return
    this.#failures += 1
    this.#options.clock.setTimer(backoffMs(retry, this.#failures), () => this.#connect())
  }
}
