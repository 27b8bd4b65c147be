/**
 * The pace of what a bot sends, as its channel allows. Answers to people go first; everything else shares what the
 * instance's own limits leave.
 */
import type { WorkerLimits } from '../domain/worker-contract.ts'
import type { Clock } from '../runtime/clock.ts'

export type Lane = 'answer' | 'background'

/** What a channel bears. */
export interface Pace {
  /** Of a bot; as many may go at once. */
  readonly botPerSecond: number
  /** In one chat. */
  readonly chatPerSecond: number
  /** In one chat at once, after a while without any. */
  readonly chatBurst: number
  /** Of what is no answer, where the instance's own limit is not lower. */
  readonly backgroundPerSecond: number
}

/** Beyond so many chats, those that may burst again are forgotten: that is how a new one begins. */
const chatsKept = 200

interface Waiting {
  readonly chat: string | undefined
  readonly enter: () => void
}

/** Tokens that grow with time up to a burst. */
export class TokenBucket {
  readonly #burst: number
  #perSecond: number
  #tokens: number
  #atMs: number

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#atMs = nowMs
  }

  setRate(perSecond: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#perSecond = perSecond
  }

  /** Milliseconds until a token is there; 0 when one may be taken now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs)
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1000
  }

  isFull(nowMs: number): boolean {
    this.#fill(nowMs)
    return this.#tokens >= this.#burst
  }

  take(nowMs: number): void {
    this.#fill(nowMs)
    this.#tokens -= 1
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#perSecond)
    this.#atMs = nowMs
  }
}

export class Pacing {
  readonly #clock: Clock
  readonly #pace: Pace
  readonly #bot: TokenBucket
  readonly #background: TokenBucket
  readonly #chats = new Map<string, TokenBucket>()
  readonly #waiting: Record<Lane, Waiting[]> = { answer: [], background: [] }
  #backgroundRunning = 0
  #backgroundMax: number
  #cancelTimer: () => void = () => {}

  constructor(clock: Clock, pace: Pace, limits: WorkerLimits) {
    this.#clock = clock
    this.#pace = pace
    const nowMs = clock.monotonicMs()
    this.#bot = new TokenBucket(pace.botPerSecond, pace.botPerSecond, nowMs)
    this.#background = new TokenBucket(this.#backgroundRate(limits), 1, nowMs)
    this.#backgroundMax = limits.maxConcurrentRequests
  }

  /** Takes over changed limits for what waits and what comes. */
  setLimits(limits: WorkerLimits): void {
    this.#background.setRate(this.#backgroundRate(limits), this.#clock.monotonicMs())
    this.#backgroundMax = limits.maxConcurrentRequests
    this.#pump()
  }

  /** Waits for its turn, runs the request, and lets the next one in. */
  async run<T>(lane: Lane, chat: string | undefined, send: () => Promise<T>): Promise<T> {
    await new Promise<void>((enter) => {
      this.#waiting[lane].push({ chat, enter })
      this.#pump()
    })
    try {
      return await send()
    } finally {
      if (lane === 'background') this.#backgroundRunning -= 1
      this.#pump()
    }
  }

  #backgroundRate({ rateLimitRps }: WorkerLimits): number {
    return Math.min(rateLimitRps, this.#pace.backgroundPerSecond)
  }

  #pump(): void {
    this.#cancelTimer()
    let nextMs = Number.POSITIVE_INFINITY
    for (const lane of ['answer', 'background'] as const) {
      const queue = this.#waiting[lane]
      for (let index = 0; index < queue.length; ) {
        const waiting = queue[index]
        if (waiting === undefined) break
        const waitMs = this.#waitMs(lane, waiting.chat)
        if (waitMs > 0) {
          nextMs = Math.min(nextMs, waitMs)
          index += 1
          continue
        }
        queue.splice(index, 1)
        this.#enter(lane, waiting)
      }
    }
    if (Number.isFinite(nextMs)) this.#cancelTimer = this.#clock.setTimer(Math.ceil(nextMs), () => this.#pump())
  }

  #enter(lane: Lane, waiting: Waiting): void {
    const nowMs = this.#clock.monotonicMs()
    this.#bot.take(nowMs)
    if (waiting.chat !== undefined) this.#chat(waiting.chat).take(nowMs)
    if (lane === 'background') {
      this.#background.take(nowMs)
      this.#backgroundRunning += 1
    }
    waiting.enter()
  }

  /** Infinity: only another request's end can let it in. */
  #waitMs(lane: Lane, chat: string | undefined): number {
    const nowMs = this.#clock.monotonicMs()
    if (lane === 'background' && this.#backgroundRunning >= this.#backgroundMax) return Number.POSITIVE_INFINITY
    const waits = [this.#bot.waitMs(nowMs)]
    if (chat !== undefined) waits.push(this.#chat(chat).waitMs(nowMs))
    if (lane === 'background') waits.push(this.#background.waitMs(nowMs))
    return Math.max(...waits)
  }

  #chat(chat: string): TokenBucket {
    const known = this.#chats.get(chat)
    if (known !== undefined) return known
    const nowMs = this.#clock.monotonicMs()
    if (this.#chats.size >= chatsKept) {
      for (const [name, bucket] of this.#chats) if (bucket.isFull(nowMs)) this.#chats.delete(name)
    }
    const bucket = new TokenBucket(this.#pace.chatPerSecond, this.#pace.chatBurst, nowMs)
    this.#chats.set(chat, bucket)
    return bucket
  }
}
