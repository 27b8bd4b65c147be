/** The worker's side of its only door: HTTP on the gateway's unix socket. Answers are decoded, never trusted. */
import { Agent, type ClientRequest, request } from 'node:http'
import {
  type ExitReport,
  type GatewayAnswer,
  type GatewayCallName,
  type GatewayRequest,
  gatewayCalls,
  gatewayRefusalSchema,
  type HeartbeatAnswer,
  type HeartbeatWords,
  lifelinePath,
  workerCalls,
} from '../domain/worker-contract.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Deadline } from './deadline.ts'
import { WorkerExit } from './worker-exit.ts'

const answerBytesMax = 256 * 1024
const callLimitMs = 15_000
const retryBaseMs = 50
const retryMaxMs = 1000
const lifelineRetryMaxMs = 500

/** Nobody answered, or the server's database is away: the same call may be made again. */
export class GatewayAway extends Error {}

export interface GatewayClientOptions {
  readonly socketPath: string
  readonly token: string
  readonly deadline: Deadline
  readonly clock: Clock
}

interface Schema<T> {
  parse(value: unknown): T
}

export class GatewayClient {
  readonly #options: GatewayClientOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 })
  #lifeline: ClientRequest | undefined
  #closed = false

  constructor(options: GatewayClientOptions) {
    this.#options = options
  }

  /** One attempt; throws `GatewayAway` when nobody answers, and `WorkerExit` when the instance is no longer ours. */
  heartbeat(heartbeat: HeartbeatWords): Promise<HeartbeatAnswer> {
    return this.#once(workerCalls.heartbeat.path, heartbeat, workerCalls.heartbeat.answer)
  }

  /** One attempt, since the worker is about to end. */
  async reportExit(report: ExitReport): Promise<void> {
    await this.#once(workerCalls.exit.path, report, workerCalls.exit.answer)
  }

  /** A business call; waits and tries again while the gateway is away, until the deadline. */
  async call<N extends GatewayCallName>(name: N, body: GatewayRequest<N>): Promise<GatewayAnswer<N>> {
    const { path, answer } = gatewayCalls[name]
    for (let attempt = 0; ; attempt += 1) {
      if (this.#options.deadline.isPast()) throw new WorkerExit('lease_lost', 'the deadline has passed')
      try {
        return await this.#once(path, body, answer as unknown as Schema<GatewayAnswer<N>>)
      } catch (error) {
        if (!(error instanceof GatewayAway)) throw error
      }
      const ceilingMs = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(attempt, 10))
      await new Promise<void>((resolve) => {
        this.#options.clock.setTimer(ceilingMs * (0.5 + Math.random() / 2), resolve)
      })
    }
  }

  /**
   * Keeps one connection to the gateway open from now on, so that each side notices the other's end in milliseconds;
   * `onOpen` is called whenever it stands again.
   */
  keepLifeline(onOpen: () => void): void {
    this.#openLifeline(onOpen, retryBaseMs)
  }

  #openLifeline(onOpen: () => void, retryMs: number): void {
    if (this.#closed) return
    const { clock } = this.#options
    const openedAtMs = clock.monotonicMs()
    const again = () => {
      const lasted = clock.monotonicMs() - openedAtMs > lifelineRetryMaxMs
      const next = lasted ? retryBaseMs : Math.min(lifelineRetryMaxMs, retryMs * 2)
      clock.setTimer(retryMs, () => this.#openLifeline(onOpen, next))
    }
    const lifeline = request({
      socketPath: this.#options.socketPath,
      agent: false,
      path: lifelinePath,
      headers: { authorization: `Bearer ${this.#options.token}` },
    })
    lifeline.on('response', (response) => {
      onOpen()
      response.on('error', () => {})
      response.resume()
    })
    lifeline.on('error', () => {})
    lifeline.on('close', again)
    lifeline.end()
    this.#lifeline = lifeline
  }

  close(): void {
    this.#closed = true
    this.#lifeline?.destroy()
    this.#agent.destroy()
  }

  async #once<T>(path: string, body: unknown, schema: Schema<T>): Promise<T> {
    const { status, text } = await this.#post(path, JSON.stringify(body))
    const value: unknown = JSON.parse(text)
    if (status === 200) return schema.parse(value)
    const refusal = gatewayRefusalSchema.parse(value)
    switch (refusal.code) {
      case 'fenced':
      case 'not_authenticated':
        throw new WorkerExit('lease_lost', refusal.message)
      case 'unavailable':
        throw new GatewayAway(refusal.message)
      case 'usage':
      case 'internal':
        throw new Error(`the gateway refused ${path}: ${refusal.message}`)
      default:
        throw new Error(`unknown refusal ${String(refusal.code satisfies never)}`)
    }
  }

  #post(path: string, body: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const away = (error: Error) => reject(new GatewayAway(error.message))
      const sent = request(
        {
          socketPath: this.#options.socketPath,
          agent: this.#agent,
          path,
          method: 'POST',
          timeout: callLimitMs,
          headers: {
            authorization: `Bearer ${this.#options.token}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            text += chunk
            if (text.length > answerBytesMax) response.destroy(new Error('the answer is too long'))
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
          response.on('error', away)
        },
      )
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
      sent.on('error', away)
      sent.end(body)
    })
  }
}
