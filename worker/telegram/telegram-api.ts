/**
 * Our calls to the Bot API through telegraf's client: paced, bounded retries for 429, none for a request whose outcome
 * is unknown, since Telegram has no idempotency key for sending (facts/telegram.md 3.2 and 4).
 */
import type { Agent } from 'node:https'
import { Telegraf, Telegram, TelegramError } from 'telegraf'
import type { TokenVerdict } from '../../domain/admin-calls.ts'
import type { WorkerIdentity, WorkerLimits } from '../../domain/worker-contract.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Deadline } from '../deadline.ts'
import { type Lane, type Pace, Pacing } from '../pacing.ts'
import { WorkerExit } from '../worker-exit.ts'

/** 30 a second for a bot, one a second for a chat with short bursts (facts/telegram.md 3.3). */
const pace: Pace = { botPerSecond: 30, chatPerSecond: 1, chatBurst: 5, backgroundPerSecond: 30 }
const retryAfterMaxSeconds = 30
const attemptsMax = 4
const callLimitMs = 30_000
/** A request that a dead process had given away takes effect by then, as a rule. */
const onItsWayMs = 1500
const verdictLimitMs = 10_000
const repeatPauseMaxMs = 5000
/** The connection was never made, so nothing was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** What Telegram answered to a refused call, in its own words. */
export interface TelegramRefusal {
  readonly code: number
  readonly description: string
  readonly retryAfterSeconds: number | undefined
}

/** Telegraf's client for methods it has no typings for, too. */
interface RawClient {
  callApi(method: string, payload: Record<string, unknown>, options: { signal: AbortSignal }): Promise<unknown>
}

export class TelegramApi {
  readonly bot: Telegraf
  readonly #clock: Clock
  readonly #deadline: Deadline
  readonly #pacing: Pacing
  readonly #begunAtMs: number

  constructor(identity: WorkerIdentity, given: { clock: Clock; deadline: Deadline }) {
    this.#clock = given.clock
    this.#deadline = given.deadline
    this.#begunAtMs = given.clock.monotonicMs()
    this.#pacing = new Pacing(given.clock, pace, identity.limits)
    // Handlers are bounded by the deadline; telegraf's own limit would report an update as failed that goes on.
    this.bot = new Telegraf(identity.credential, {
      telegram: { apiRoot: identity.telegramApiRoot, ...agentFor(identity.telegramApiRoot) },
      handlerTimeout: Number.POSITIVE_INFINITY,
    })
  }

  /** What Telegram says of another bot's token. */
  async verdictOf(token: string): Promise<TokenVerdict> {
    // A client's path would be another one by these.
    if (!/^[0-9]+:[\w-]+$/.test(token)) return { kind: 'invalid' }
    const other = new Telegram(token, this.bot.telegram.options) as unknown as RawClient
    try {
      const signal = AbortSignal.timeout(verdictLimitMs)
      const { username = null } = (await other.callApi('getMe', {}, { signal })) as { username?: string }
      return { kind: 'valid', username }
    } catch (error) {
      const code = refusalOf(error)?.code
      return { kind: code === 401 || code === 404 ? 'invalid' : 'unknown' }
    }
  }

  setLimits(limits: WorkerLimits): void {
    this.#pacing.setLimits(limits)
  }

  /** A call without pacing: polls and what belongs to starting. */
  raw(method: string, payload: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    const client = this.bot.telegram as unknown as RawClient
    return client.callApi(method, payload, { signal })
  }

  /** Runs work when the pace of what is no answer allows; what it sends, it sends as answers are. */
  inBackground(work: () => Promise<void>): Promise<void> {
    return this.#pacing.run('background', undefined, work)
  }

  /** A paced call that sends something to a person. */
  send(lane: Lane, method: string, payload: { chat_id?: string } & Record<string, unknown>): Promise<unknown> {
    return this.#paced(lane, payload.chat_id, method, payload)
  }

  /**
   * A call that changes nothing when it is made again, so it is made until Telegram answers. It puts no new message
   * into its chat and does not count towards that chat's pace.
   */
  async repeat(method: string, payload: Record<string, unknown>): Promise<unknown> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#paced('answer', undefined, method, payload)
      } catch (error) {
        const refusal = refusalOf(error)
        if (error instanceof WorkerExit || (refusal !== undefined && refusal.code < 500)) throw error
        await this.#wait(Math.min(repeatPauseMaxMs, 500 * failures))
      }
    }
  }

  async #paced(
    lane: Lane,
    chat: string | undefined,
    method: string,
    payload: Record<string, unknown>,
  ): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#pacing.run(lane, chat, () => this.#sendOnce(method, payload))
      } catch (error) {
        const waitMs = this.#retryInMs(error, attempt)
        if (waitMs === undefined) throw error
        await this.#wait(waitMs)
      }
    }
  }

  /** Resolves when what an earlier worker had on its way at its end, which was before we began, has arrived. */
  async untilEarlierSendsArrived(): Promise<void> {
    const leftMs = this.#begunAtMs + onItsWayMs - this.#clock.monotonicMs()
    if (leftMs > 0) await this.#wait(leftMs)
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(ms, resolve)
    })
  }

  async #sendOnce(method: string, payload: Record<string, unknown>): Promise<unknown> {
    await this.#deadline.untilMayRun()
    return this.raw(method, payload, AbortSignal.timeout(callLimitMs))
  }

  #retryInMs(error: unknown, attempt: number): number | undefined {
    if (attempt >= attemptsMax) return undefined
    const retryAfter = refusalOf(error)?.retryAfterSeconds
    if (retryAfter !== undefined) return retryAfter <= retryAfterMaxSeconds ? retryAfter * 1000 + 50 : undefined
    return wasNeverSent(error) ? 500 * attempt : undefined
  }
}

/** TLS is loaded only for an API root that needs it; telegraf has an agent of its own for `http:`. */
function agentFor(apiRoot: string): { agent?: Agent } {
  if (!apiRoot.startsWith('https:')) return {}
  const https = process.getBuiltinModule('node:https')
  // `proxyEnv` lets HTTPS_PROXY and NO_PROXY hold for this agent (Node 24.5 and newer).
  return { agent: new https.Agent({ keepAlive: true, proxyEnv: process.env }) }
}

/** The refusal behind an error; undefined when nobody answered. */
export function refusalOf(error: unknown): TelegramRefusal | undefined {
  if (!(error instanceof TelegramError)) return undefined
  return { code: error.code, description: error.description, retryAfterSeconds: error.parameters?.retry_after }
}

/** Whether the connection of a failed call was never made. */
export function wasNeverSent(error: unknown): boolean {
  return refusalOf(error) === undefined && neverSent.has(networkCodeOf(error) ?? '')
}

/** The network's code behind an error, such as ECONNREFUSED. */
export function networkCodeOf(error: unknown): string | undefined {
  const { code, cause, type } = error as { code?: unknown; cause?: { code?: unknown }; type?: unknown }
  const found = typeof code === 'string' ? code : typeof cause?.code === 'string' ? cause.code : type
  return typeof found === 'string' ? found : undefined
}
