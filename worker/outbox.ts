/**
 * Delivers what a bot has to tell without being asked. Which chats are concerned is asked for when somebody says that
 * there is something: the gateway by a line on the lifeline, a turn that has just produced it, or the clock. What is to be
 * said is taken one message at a time in the chat's own queue, so that it never comes between a person and their
 * answer, and so that the mark that goes with it (docs/adr/0004) has nothing but that message behind it.
 */
import { backoffMs } from '../domain/backoff.ts'
import type { OutboxMessage, Settled } from '../domain/outbox-calls.ts'
import { type Language, languageOfHint } from '../domain/worker-contract.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { GatewayClient } from './gateway-client.ts'
import { pause } from './pause.ts'
import { partsOf } from './shop/notices/parts.ts'
import type { Screen } from './shop/screen.ts'
import { WorkerExit } from './worker-exit.ts'

/** Chats that people wait for, at once; the rest of the channel's places is for answers. */
const urgentAtOnceMax = 8
/** A look that brought nothing is not repeated sooner. */
const bulkPauseMs = 5000
const soonestMs = 50
/** Until what has perhaps gone out is looked for: it may still be on its way. */
const doubtPause = { baseMs: 2000, maxMs: 30_000 }
/** After so many attempts it is put off like what was refused: nobody else may take it before (`leaseSeconds`). */
const doubtAttemptsMax = 4

/** Where and how a part of a message is shown. */
export interface PartPlace {
  readonly chatId: string
  /** The same however often this part is tried, and no other one's. */
  readonly key: string
  /** Marks of earlier attempts at this part. */
  readonly earlierMarks: readonly string[]
  /** The recipient's. */
  readonly language: Language
}

/** What a channel does for its outbox. */
export interface OutboxChannel {
  /** Runs work in a chat's own queue. */
  inChat(chatId: string, work: () => Promise<void>): Promise<void>
  /** Runs work when the pace of what nobody waits for allows. */
  inBackground(work: () => Promise<void>): Promise<void>
  /** Where the channel stands in this chat; null when it cannot say. */
  markFor(chatId: string): string | null
  /** The last message id of this chat; null where it has no such. */
  reached(chatId: string): number | null
  /** Shows a part, unless an earlier attempt has; rejects with the channel's refusal or the network's error. */
  show(screen: Screen, place: PartPlace): Promise<void>
  /** Whether the part may have gone out although this says that it failed, and is found by its marks if it has. */
  isInDoubt(error: unknown): boolean
  /** What a failure to show means for its message; rejects with `WorkerExit` when it ends the worker. */
  judge(error: unknown, place: { readonly chatId: string }): Promise<Failed>
}

/** A failure as the gateway is told of it. */
export type Failed = DistributiveOmit<Exclude<Settled, { outcome: 'sent' }>, 'id'>
type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never

export interface OutboxContext {
  readonly gateway: GatewayClient
  readonly clock: Clock
  readonly log: Log
  readonly draining: AbortSignal
}

/** The message in hand was given to another worker, or its order is gone. */
class NoLongerOurs extends Error {}

export class Outbox {
  readonly #context: OutboxContext
  readonly #channel: OutboxChannel
  /** Chats whose messages are being delivered, and whether they were asked for again meanwhile. */
  readonly #inHand = new Map<string, boolean>()
  readonly #waiting: string[] = []
  #urgent = 0
  /** There are more chats to ask for when nothing of the last answer is left. */
  #more = false
  #started = false
  #looking = false
  #lookAgain = false
  #bulkUnderWay = false
  #cancelTimer: () => void = () => {}

  constructor(context: OutboxContext, channel: OutboxChannel) {
    this.#context = context
    this.#channel = channel
    context.draining.addEventListener('abort', () => this.#cancelTimer(), { once: true })
  }

  /**
   * Begins; to be called when the updates that had been waiting are in their chats' queues, so that an answer that an
   * earlier worker may have sent is looked for before anything else is said in its chat.
   */
  start(): void {
    this.#started = true
    this.poke()
  }

  /**
   * Puts what an earlier worker was telling when it ended into its chats' queues; to be called before anything else is said
   * there, so that nothing else of ours lies behind its marks (docs/adr/0004).
   */
  takeUp(inDoubt: readonly string[]): void {
    for (const chatId of inDoubt) {
      void this.#guard(() => this.#channel.inChat(chatId, () => this.#guard(() => this.#deliver(chatId, 'urgent'))))
    }
  }

  /** Something may wait. Looks are made one at a time, and pokes that come during one lead to one more. */
  poke(): void {
    if (!this.#started || this.#context.draining.aborted) return
    this.#lookAgain = true
    if (this.#looking) return
    this.#looking = true
    void this.#guard(async () => {
      while (this.#lookAgain && !this.#context.draining.aborted) {
        this.#lookAgain = false
        await this.#look()
      }
    }).finally(() => {
      this.#looking = false
    })
  }

  /** Delivers what waits for a chat, in whose queue the caller is. */
  async deliverHere(chatId: string): Promise<void> {
    if (this.#started) await this.#guard(() => this.#deliver(chatId, 'urgent'))
  }

  async #look(): Promise<void> {
    const { urgent, more, bulk, nextInMs } = await this.#context.gateway.call('outboxDue', {})
    this.#more = more
    for (const chatId of urgent) this.#want(chatId)
    if (bulk.length > 0) this.#startBulk(bulk)
    this.#cancelTimer()
    if (nextInMs !== null) this.#pokeIn(Math.max(soonestMs, nextInMs))
  }

  #pokeIn(ms: number): void {
    this.#cancelTimer()
    if (!this.#context.draining.aborted) this.#cancelTimer = this.#context.clock.setTimer(ms, () => this.poke())
  }

  #want(chatId: string): void {
    if (this.#inHand.has(chatId)) return void this.#inHand.set(chatId, true)
    this.#inHand.set(chatId, false)
    this.#waiting.push(chatId)
    this.#next()
  }

  #next(): void {
    if (this.#urgent >= urgentAtOnceMax) return
    const chatId = this.#waiting.shift()
    if (chatId === undefined) return
    this.#urgent += 1
    void this.#guard(() =>
      this.#channel.inChat(chatId, () => this.#guard(() => this.#deliver(chatId, 'urgent'))),
    ).finally(() => {
      this.#urgent -= 1
      const again = this.#inHand.get(chatId) === true
      this.#inHand.delete(chatId)
      if (again) this.#want(chatId)
      this.#next()
      if (this.#urgent === 0 && this.#more) this.poke()
    })
  }

  /** One of many: each chat one message, as the pace allows; then the next few are asked for. */
  #startBulk(chats: readonly string[]): void {
    if (this.#bulkUnderWay) return
    this.#bulkUnderWay = true
    let told = 0
    const tell = (chatId: string) =>
      this.#channel.inBackground(() =>
        this.#channel.inChat(chatId, () =>
          this.#guard(async () => {
            if (!this.#context.draining.aborted && (await this.#deliver(chatId, 'any'))) told += 1
          }),
        ),
      )
    void Promise.all(chats.map((chatId) => this.#guard(() => tell(chatId)))).finally(() => {
      this.#bulkUnderWay = false
      if (told > 0) this.poke()
      else this.#pokeIn(bulkPauseMs)
    })
  }

  /** Runs in the chat's queue. @returns whether there was anything. */
  async #deliver(chatId: string, first: 'urgent' | 'any'): Promise<boolean> {
    let take: 'urgent' | 'any' | 'nothing' = first
    let settled: Settled | null = null
    let any = false
    for (;;) {
      const answerMark = this.#channel.markFor(chatId)
      const { message }: { message: OutboxMessage | null } = await this.#context.gateway.call('outboxNext', {
        chatId,
        take,
        answerMark,
        settled,
      })
      if (message === null) {
        // It comes again, and by the clock: when, the gateway knows.
        if (settled !== null && isPutOff(settled)) this.poke()
        return any
      }
      any = true
      settled = await this.#tell(chatId, message, answerMark)
      if (settled === null) return any
      take = isPutOff(settled) || this.#context.draining.aborted ? 'nothing' : 'urgent'
    }
  }

  /** @returns what became of it; null when it is no longer ours, or the next worker has to find that out. */
  async #tell(chatId: string, message: OutboxMessage, taken: string | null): Promise<Settled | null> {
    const { id } = message
    let mark = taken
    const parts = partsOf(message, async (number) => {
      const { base64 } = await this.#context.gateway.call('outboxFile', { id, number })
      if (base64 === null) throw new NoLongerOurs()
      return Buffer.from(base64, 'base64')
    })
    if (parts === undefined) return { outcome: 'refused', id, reason: `this worker has no text for ${message.kind}` }
    let { earlierMarks } = message
    const language = languageOfHint(message.language)
    try {
      for (let number = message.partsSent; number < parts.length; number += 1) {
        const screen = await parts[number]?.()
        const place = { chatId, key: `outbox:${id}:${number}`, earlierMarks, language }
        if (screen !== undefined && !(await this.#show(screen, place, mark))) return null
        earlierMarks = []
        if (number + 1 === parts.length) break
        mark = this.#channel.markFor(chatId)
        const part = { id, partsSent: number + 1, answerMark: mark }
        if (!(await this.#context.gateway.call('outboxPart', part)).mine) return null
      }
    } catch (error) {
      if (error instanceof NoLongerOurs) return null
      const failed = await this.#channel.judge(error, { chatId })
      this.#context.log.info({ message: id, kind: message.kind, ...failed }, 'a message was not delivered')
      return { ...failed, id }
    }
    return { outcome: 'sent', id, messageId: this.#channel.reached(chatId) }
  }

  /**
   * Shows a part. Where it is not known whether it went out it is looked for, and shown again, before anything else is said
   * in its chat. @returns false when the worker ends before that is known.
   */
  async #show(screen: Screen, place: PartPlace, mark: string | null): Promise<boolean> {
    const { draining } = this.#context
    let { earlierMarks } = place
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#channel.show(screen, { ...place, earlierMarks })
        return true
      } catch (error) {
        if (mark === null || attempt === doubtAttemptsMax || !this.#channel.isInDoubt(error)) throw error
        if (draining.aborted) return false
        this.#context.log.info({ key: place.key, attempt, error: String(error) }, 'it is not known whether it went out')
        earlierMarks = [...place.earlierMarks, mark]
      }
      await pause(backoffMs(doubtPause, attempt), this.#context)
    }
  }

  /** A typed end is everybody's and comes to the poller by itself; anything else must not stop what comes after. */
  async #guard(work: () => Promise<void> | Promise<boolean>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof WorkerExit)) this.#context.log.error({ error }, 'the outbox could not be looked after')
    }
  }
}

function isPutOff({ outcome }: Settled): boolean {
  return outcome === 'later' || outcome === 'untried'
}
