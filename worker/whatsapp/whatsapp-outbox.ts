/**
 * What WhatsApp does for the outbox. It needs no marks: a message's id is the same at each attempt, so that one that goes
 * out again is not shown again. A message counts as sent when WhatsApp has acknowledged it.
 */
import type { GatewayClient } from '../gateway-client.ts'
import type { Failed, OutboxChannel, PartPlace } from '../outbox.ts'
import type { Pacing } from '../pacing.ts'
import type { Screen } from '../shop/screen.ts'
import { WorkerExit } from '../worker-exit.ts'
import { writeSent } from './bodies.ts'
import { messageIdOf } from './message-id.ts'
import { addressOf } from './person.ts'
import { refusalOf } from './refusals.ts'
import { type Part, renderNotice } from './rendering.ts'
import type { Planned, Sender, Sent } from './sender.ts'

export interface WhatsAppOutboxParts {
  readonly gateway: GatewayClient
  readonly sender: Sender
  readonly pacing: Pacing
  readonly instanceId: string
  /** Notes that a chat takes no messages any more. */
  readonly markGone: (chat: string) => Promise<void>
  /** Runs work in a chat's own queue. */
  readonly inChat: (chat: string, work: () => Promise<void>) => Promise<void>
}

/** A part that was not sent. */
class NotSent extends Error {
  readonly sent: Exclude<Sent, { kind: 'sent' }>

  constructor(sent: Exclude<Sent, { kind: 'sent' }>) {
    super('a message was not sent')
    this.sent = sent
  }
}

export class WhatsAppOutbox implements OutboxChannel {
  readonly #parts: WhatsAppOutboxParts

  constructor(parts: WhatsAppOutboxParts) {
    this.#parts = parts
  }

  inChat(chatId: string, work: () => Promise<void>): Promise<void> {
    return this.#parts.inChat(addressOf(chatId), work)
  }

  inBackground(work: () => Promise<void>): Promise<void> {
    return this.#parts.pacing.run('background', undefined, work)
  }

  markFor(): null {
    return null
  }

  reached(): null {
    return null
  }

  async show(screen: Screen, { chatId, key, language }: PartPlace): Promise<void> {
    const { gateway, sender, instanceId } = this.#parts
    const messages = renderNotice(screen, language).map((part, at): Planned => {
      // Numbers of the outbox come again where a backup is restored; words tell them apart.
      const id = messageIdOf(instanceId, key, String(at), wordsOf(part))
      return { id, chat: addressOf(chatId), part, outbox: true }
    })
    if (messages.length === 0) return
    await gateway.call('waSending', {
      messages: messages.map((each) => ({ id: each.id, chat: each.chat, body: writeSent(each) })),
    })
    for (const message of messages) {
      const sent = await sender.sendForGood(message)
      if (sent.kind !== 'sent') throw new NotSent(sent)
    }
  }

  isInDoubt(): boolean {
    return false
  }

  async judge(error: unknown, { chatId }: { chatId: string }): Promise<Failed> {
    if (error instanceof WorkerExit) throw error
    if (!(error instanceof NotSent)) {
      return { outcome: 'later', reason: String(error).slice(0, 200), retryAfterMs: null }
    }
    const { sent } = error
    if (sent.kind === 'undone') return { outcome: 'untried', reason: 'WhatsApp is not connected' }
    if (sent.kind === 'silent') {
      return { outcome: 'later', reason: 'WhatsApp has not acknowledged it', retryAfterMs: null }
    }
    const refusal = refusalOf(sent.reason)
    if (refusal.kind === 'later') return { outcome: 'later', reason: sent.reason, retryAfterMs: refusal.afterMs }
    if (refusal.kind === 'gone') await this.#parts.markGone(addressOf(chatId))
    return { outcome: 'refused', reason: sent.reason }
  }
}

function wordsOf(part: Part): string {
  return part.kind === 'text' ? part.text : `${part.kind} ${part.caption}`
}
