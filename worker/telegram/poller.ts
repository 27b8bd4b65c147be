/**
 * Our own poller (facts/telegram.md 4): at-least-once, order per chat, chats independent, confirm only below the
 * oldest unfinished update, jittered retries, typed ends for 401 and 409, half-open connections noticed, immediate
 * stop.
 */
import type { Update } from 'telegraf/types'
import { backoffMs } from '../../domain/backoff.ts'
import type { ChannelContext } from '../channel.ts'
import type { ChatQueue } from '../chat-queue.ts'
import { pause } from '../pause.ts'
import { Tidying } from '../tidying.ts'
import { WorkerExit } from '../worker-exit.ts'
import { InFlight } from './in-flight.ts'
import { networkCodeOf, refusalOf, type TelegramApi } from './telegram-api.ts'

const pollSecondsMax = 25
const halfOpenMarginMs = 10_000
const confirmLimitMs = 2000
const batchMax = 100
/** An update that fails this often is given up, so that it cannot hold up everybody else for a day. */
const handlingAttemptsMax = 3
const pollBackoff = { baseMs: 500, maxMs: 30_000 }
const conflictsMax = 3
const conflictWindowMs = 60_000
/** While updates are being handled a poll returns them again at once: look for newer ones this often. */
const busyPauseMs = 250

/** Kinds of updates we ask for; named explicitly, since Telegram remembers the list of the last poll. */
export const allowedUpdates = ['message', 'edited_message', 'callback_query', 'my_chat_member'] as const

/** What becomes of updates. */
export interface UpdateWork {
  /** The updates that had been waiting when the worker started are in their chats' queues. */
  readonly caughtUp: () => void
  /** A batch came: called for each of its updates before the first is handled. */
  readonly see: (update: Update) => void
  /**
   * Resolves when an update needs no redelivery; rejects when it must come again. `waited`: the update had been waiting
   * when the worker started.
   */
  readonly handle: (update: Update, waited: boolean) => Promise<void>
  /** Telegram refuses polls because a webhook is set: resolves when it no longer is, throws the typed end if it stays. */
  readonly webhookIsSet: () => Promise<void>
}

export class Poller {
  readonly #context: ChannelContext
  readonly #api: TelegramApi
  readonly #work: UpdateWork
  readonly #inFlight = new InFlight()
  readonly #queue: ChatQueue
  readonly #conflictsAtMs: number[] = []
  readonly #ending = new AbortController()
  readonly #tidying = new Tidying()
  /** How often an update's handling has failed. */
  readonly #failuresOf = new Map<number, number>()
  #failures = 0
  #handled = 0
  #first = true
  /** Until a poll has brought less than a full batch, updates had been waiting for us. */
  #backlog = true

  constructor(context: ChannelContext, api: TelegramApi, work: UpdateWork & { readonly queue: ChatQueue }) {
    this.#context = context
    this.#queue = work.queue
    this.#api = api
    this.#work = work
  }

  /** Polls until drained; throws `WorkerExit` for a typed end. */
  async run(): Promise<void> {
    const { draining } = this.#context
    while (!draining.aborted) {
      this.#ending.signal.throwIfAborted()
      try {
        await this.#context.deadline.untilMayRun()
        await this.#poll()
      } catch (error) {
        this.#ending.signal.throwIfAborted()
        if (draining.aborted) break
        await pause(await this.#afterFailure(error), this.#context)
      }
    }
    await this.#queue.idle()
    this.#ending.signal.throwIfAborted()
    await this.#confirm()
  }

  async #poll(): Promise<void> {
    const { clock, deadline, draining } = this.#context
    const offset = this.#inFlight.offset()
    const busy = this.#inFlight.unfinished > 0
    const leftSeconds = Math.floor(deadline.leftMs() / 1000) - 1
    const timeout = this.#first || busy ? 0 : Math.max(0, Math.min(pollSecondsMax, leftSeconds))
    const limit = AbortSignal.any([
      draining,
      this.#ending.signal,
      AbortSignal.timeout(timeout * 1000 + halfOpenMarginMs),
    ])
    const payload = {
      ...(offset === undefined ? {} : { offset }),
      timeout,
      limit: batchMax,
      allowed_updates: allowedUpdates,
    }
    this.#context.report({ pollingSinceMs: clock.monotonicMs() })
    const updates = (await this.#api
      .raw('getUpdates', payload, limit)
      .finally(() => this.#context.report({ pollingSinceMs: null }))) as Update[]
    this.#inFlight.confirmed(offset)
    this.#failures = 0
    this.#first = false
    this.#context.report({ phase: 'running', trouble: null, polledAtMs: clock.monotonicMs() })
    const fresh = this.#inFlight.take(updates, batchMax)
    const waited = this.#backlog
    this.#backlog &&= updates.length === batchMax
    for (const update of fresh) this.#work.see(update)
    for (const update of fresh) this.#queue.add(chatOf(update), () => this.#workOn(update, waited))
    if (waited && !this.#backlog) this.#work.caughtUp()
    this.#tidying.look(this.#handled, fresh.length === 0 && !busy && timeout > 0)
    if (fresh.length === 0 && (busy || timeout === 0)) await pause(busyPauseMs, this.#context)
  }

  async #workOn(update: Update, waited: boolean): Promise<void> {
    try {
      // The process may have been frozen while the update was on its way or in the queue.
      await this.#context.deadline.untilMayRun()
      await this.#work.handle(update, waited)
      this.#inFlight.finish(update.update_id)
      this.#handled += 1
      this.#context.report({ handled: this.#handled })
      this.#failuresOf.delete(update.update_id)
    } catch (error) {
      await this.#afterHandlerFailure(update.update_id, error)
    }
  }

  /** A typed end stops the poller; anything else is a bug, and lets the update come again a few times. */
  async #afterHandlerFailure(id: number, error: unknown): Promise<void> {
    if (error instanceof WorkerExit) {
      this.#inFlight.abandon(id)
      return this.#ending.abort(error)
    }
    const failures = (this.#failuresOf.get(id) ?? 0) + 1
    this.#failuresOf.set(id, failures)
    // One that is never delivered again would be remembered for ever.
    for (const old of this.#failuresOf.keys()) if (this.#failuresOf.size > batchMax) this.#failuresOf.delete(old)
    this.#context.log.error({ error, update: id, failures }, 'an update could not be handled')
    await pause(failures * 500, this.#context)
    if (failures < handlingAttemptsMax) return this.#inFlight.abandon(id)
    this.#failuresOf.delete(id)
    this.#inFlight.finish(id)
  }

  /** Confirms what was finished when the worker ends, so that it is not delivered again; best effort. */
  async #confirm(): Promise<void> {
    if (!this.#inFlight.hasUnconfirmed || !this.#context.deadline.mayRun()) return
    const offset = this.#inFlight.offset()
    const payload = { offset, timeout: 0, limit: 1, allowed_updates: allowedUpdates }
    await this.#api.raw('getUpdates', payload, AbortSignal.timeout(confirmLimitMs)).catch(() => {})
  }

  /** What a failed poll means: a typed end, or how long to wait. */
  async #afterFailure(error: unknown): Promise<number> {
    if (error instanceof WorkerExit) throw error
    const refusal = refusalOf(error)
    if (refusal?.code === 401 || refusal?.code === 404) throw new WorkerExit('token_invalid', tokenRefused)
    if (refusal?.code === 409) return await this.#afterConflict(refusal.description)
    const reason = refusal === undefined ? (networkCodeOf(error) ?? 'no answer') : `error ${refusal.code}`
    this.#context.report({ trouble: `Telegram does not answer (${reason}); trying again` })
    this.#failures += 1
    if (refusal?.retryAfterSeconds !== undefined) return refusal.retryAfterSeconds * 1000 * (1 + Math.random() / 5)
    return backoffMs(pollBackoff, this.#failures)
  }

  async #afterConflict(description: string): Promise<number> {
    if (description.includes('webhook')) return await this.#afterWebhook()
    const nowMs = this.#context.clock.monotonicMs()
    while ((this.#conflictsAtMs[0] ?? nowMs) < nowMs - conflictWindowMs) this.#conflictsAtMs.shift()
    this.#conflictsAtMs.push(nowMs)
    if (this.#conflictsAtMs.length > conflictsMax) {
      throw new WorkerExit(
        'conflict',
        'another program polls this bot with the same token: stop it; ./botfleet start goes on then',
      )
    }
    this.#context.report({ trouble: 'another program polls this bot with the same token' })
    return 1000 + Math.random() * 2000
  }

  async #afterWebhook(): Promise<number> {
    try {
      await this.#work.webhookIsSet()
      return 0
    } catch (error) {
      // What answers 409 when it is asked about a webhook would lead here again, and never to a wait.
      if (refusalOf(error)?.code === 409) throw error
      return await this.#afterFailure(error)
    }
  }
}

export const tokenRefused = 'Telegram refuses the token: get a new one from BotFather; ./botfleet set-token stores it'

/** What keeps an update in order: its chat, or the person where there is none. */
function chatOf(update: Update): string {
  if ('message' in update) return String(update.message.chat.id)
  if ('edited_message' in update) return String(update.edited_message.chat.id)
  if ('callback_query' in update) {
    return String(update.callback_query.message?.chat.id ?? update.callback_query.from.id)
  }
  if ('my_chat_member' in update) return String(update.my_chat_member.chat.id)
  return 'other'
}
