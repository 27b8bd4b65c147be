/** The worker's side of its only door: HTTP on the gateway's unix socket. Answers are decoded, never trusted. */
import { Agent, request } from 'node:http'
import { backoffMs } from '../domain/backoff.ts'
import {
  type ExitReport,
  type GatewayAnswer,
  type GatewayCallName,
  type GatewayRequest,
  gatewayCalls,
  gatewayRefusalSchema,
  workerCalls,
} from '../domain/worker-contract.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Deadline } from './deadline.ts'
import { GatewayAway, refusalError } from './gateway-refusal.ts'
import { WorkerExit } from './worker-exit.ts'

/** Characters; a picture comes as base64. */
const answerMax = 12 * 1024 * 1024
const callLimitMs = 15_000
const retry = { baseMs: 50, maxMs: 1000 }

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

  constructor(options: GatewayClientOptions) {
    this.#options = options
  }

  /** One attempt, since the worker is about to end. */
  async reportExit(report: ExitReport): Promise<void> {
    await this.#once(workerCalls.exit.path, report, workerCalls.exit.answer)
  }

  /** A business call; waits and tries again while the gateway is away, until the deadline. */
  async call<N extends GatewayCallName>(name: N, body: GatewayRequest<N>): Promise<GatewayAnswer<N>> {
    const { path, answer } = gatewayCalls[name]
    for (let attempt = 1; ; attempt += 1) {
      if (this.#options.deadline.isPast()) throw new WorkerExit('lease_lost', 'the deadline has passed')
      try {
        return await this.#once(path, body, answer as unknown as Schema<GatewayAnswer<N>>)
      } catch (error) {
        if (!(error instanceof GatewayAway)) throw error
      }
      await new Promise<void>((resolve) => {
        this.#options.clock.setTimer(backoffMs(retry, attempt), resolve)
      })
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #once<T>(path: string, body: unknown, schema: Schema<T>): Promise<T> {
    const { status, text } = await this.#post(path, JSON.stringify(body))
    const value: unknown = JSON.parse(text)
    if (status === 200) return schema.parse(value)
    const refusal = gatewayRefusalSchema.parse(value)
    throw refusalError(refusal, path)
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
            if (text.length > answerMax) response.destroy(new Error('the answer is too long'))
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
