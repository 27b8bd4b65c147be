/** What Telegram does for the outbox: places in chats' queues, marks, sending, and what its refusals mean for a message. */

import type { ChatQueue } from '../chat-queue.ts'
import type { GatewayClient } from '../gateway-client.ts'
import type { Failed, OutboxChannel, PartPlace } from '../outbox.ts'
import type { Screen } from '../shop/screen.ts'
import { WorkerExit } from '../worker-exit.ts'
import { type AnswerMarks, isPrivate } from './earlier-answer.ts'
import type { ScreenSender } from './screen-sender.ts'
import { networkCodeOf, refusalOf, type TelegramApi, wasNeverSent } from './telegram-api.ts'

export interface TelegramOutboxParts {
  readonly gateway: GatewayClient
  readonly api: TelegramApi
  readonly queue: ChatQueue
  readonly marks: AnswerMarks
  readonly sender: ScreenSender
}

export class TelegramOutbox implements OutboxChannel {
  readonly #parts: TelegramOutboxParts

  constructor(parts: TelegramOutboxParts) {
    this.#parts = parts
  }

  inChat(chatId: string, work: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.queue.add(chatId, () => work().finally(resolve))
    })
  }

  inBackground(work: () => Promise<void>): Promise<void> {
    return this.#parts.api.inBackground(work)
  }

  markFor(chatId: string): string | null {
    return this.#parts.marks.markFor(chatId)
  }

  reached(chatId: string): number | null {
    return isPrivate(chatId) ? this.#parts.marks.highest : null
  }

  /** It has waited for its turn already: nothing of the slow lane is left to wait for in the chat's queue. */
  show(screen: Screen, { chatId, key, earlierMarks }: PartPlace): Promise<void> {
    return this.#parts.sender.show([screen], { chatId, key, earlierMarks, lane: 'answer' })
  }

  isInDoubt(error: unknown): boolean {
    return !(error instanceof WorkerExit) && refusalOf(error) === undefined && !wasNeverSent(error)
  }

  async judge(error: unknown, { chatId }: { chatId: string }): Promise<Failed> {
    if (error instanceof WorkerExit) throw error
    const refusal = refusalOf(error)
    if (refusal === undefined) {
      const reason = `Telegram did not answer (${networkCodeOf(error) ?? String(error).slice(0, 200)})`
      return wasNeverSent(error) ? { outcome: 'untried', reason } : { outcome: 'later', reason, retryAfterMs: null }
    }
    const reason = `Telegram: ${refusal.description} (${refusal.code})`
    // The whole bot's trouble, which the next poll ends in.
    if (refusal.code === 401 || refusal.code === 404) return { outcome: 'untried', reason }
    if (refusal.code === 429 || refusal.code >= 500) {
      const { retryAfterSeconds } = refusal
      return {
        outcome: 'later',
        reason,
        retryAfterMs: retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000,
      }
    }
    if (refusal.code === 403 && isPrivate(chatId)) {
      await this.#parts.gateway.call('markBlocked', { platformUserId: chatId, blocked: true })
    }
    return { outcome: 'refused', reason }
  }
}
