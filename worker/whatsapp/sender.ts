/**
 * Sends messages, each shown once: its id is ours and the same at each attempt, so that one whose outcome is unknown goes
 * out again. What the server has not acknowledged when a connection ends is sent on the next one, before anything else.
 */
import type { ChannelContext } from '../channel.ts'
import { keepNewest } from '../keep-newest.ts'
import type { Lane, Pacing } from '../pacing.ts'
import type { OutgoingContent, SendOutcome, StatusUpdate, WhatsAppConnection } from './connection.ts'
import type { Part } from './rendering.ts'
import type { SentNotes } from './sent-notes.ts'

/** Messages that are remembered; of more the oldest is taken for sent. */
const keptMax = 500
const ackLimitMs = 20_000
const drainAckLimitMs = 1000
const againMs = 250

/** A message to be sent. */
export interface Planned {
  readonly id: string
  readonly chat: string
  readonly part: Part
  /** The outbox looks after it: it is no answer. */
  readonly outbox: boolean
}

/**
 * What became of it. `undone`: the worker ends before it could go out. `silent`: it went out, and the server has not
 * acknowledged it in time.
 */
export type Sent =
  | { readonly kind: 'sent' }
  | { readonly kind: 'undone' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly reason: string }

interface Unacked {
  readonly message: Planned
  readonly content: OutgoingContent
}

export interface SenderParts {
  readonly connection: WhatsAppConnection
  readonly pacing: Pacing
  readonly notes: SentNotes
  /** An answer was refused after it had gone out. */
  readonly onRefused: (chat: string, reason: string) => void
}

export class Sender {
  readonly #context: ChannelContext
  readonly #parts: SenderParts
  /** In the order in which they went out. */
  readonly #unacked = new Map<string, Unacked>()
  /** Where messages went: what is said of them may name the person's other address. */
  readonly #chats = new Map<string, string>()
  readonly #awaited = new Map<string, (sent: Sent) => void>()
  /** Whoever waits for a connection. */
  #whenOpen: (() => void)[] = []
  #reopening: Promise<void> = Promise.resolve()

  constructor(context: ChannelContext, parts: SenderParts) {
    this.#context = context
    this.#parts = parts
    parts.connection.onOpen(() => this.#onOpen())
    parts.connection.onStatus((update) => this.#onStatus(update))
    context.draining.addEventListener('abort', () => this.#wake(), { once: true })
  }

  /** Sends a message as soon as there is a connection and the pace allows; resolves when it is written. */
  async send(message: Planned, lane: Lane = 'answer'): Promise<Sent> {
    let content = await this.#contentOf(message.part)
    for (;;) {
      if (!(await this.#untilOpen())) return { kind: 'undone' }
      const outcome = await this.#attempt({ message, content }, lane)
      if (outcome.kind === 'written') return { kind: 'sent' }
      if (outcome.kind === 'failed') {
        if (content.kind !== 'image' || content.caption === '') return this.#noteFailed(message, outcome.reason)
        // A picture that could not be stored leaves its words.
        content = { kind: 'text', text: content.caption }
        continue
      }
      await new Promise<void>((resolve) => this.#context.clock.setTimer(againMs, resolve))
      // Nobody connects again any more.
      if (this.#context.draining.aborted) return { kind: 'undone' }
    }
  }

  #noteFailed({ chat, id }: Planned, reason: string): Sent {
    this.#parts.notes.note({ chat, id, state: 'failed', reason })
    return { kind: 'failed', reason }
  }

  /** The same; resolves when the server has acknowledged it, and has thereby taken it over. */
  async sendForGood(message: Planned): Promise<Sent> {
    const { id } = message
    const acked = new Promise<Sent>((resolve) => this.#awaited.set(id, resolve))
    const ended = new AbortController()
    try {
      const sent = await this.send(message)
      return sent.kind === 'sent' ? await Promise.race([acked, this.#givenUp(ended.signal)]) : sent
    } finally {
      ended.abort()
      this.#awaited.delete(id)
    }
  }

  /** Resolves when an acknowledgement is not waited for any more; a worker that is to end waits a moment. */
  #givenUp(ended: AbortSignal): Promise<Sent> {
    const { clock, draining } = this.#context
    return new Promise((resolve) => {
      const timers = [clock.setTimer(ackLimitMs, () => resolve({ kind: 'silent' }))]
      const hurry = () => void timers.push(clock.setTimer(drainAckLimitMs, () => resolve({ kind: 'undone' })))
      if (draining.aborted) hurry()
      else draining.addEventListener('abort', hurry, { once: true })
      ended.addEventListener('abort', () => {
        draining.removeEventListener('abort', hurry)
        for (const cancel of timers) cancel()
      })
    })
  }

  /** Where a message of this worker's went. */
  chatOf(id: string): string | undefined {
    return this.#chats.get(id)
  }

  /** What a part is on the wire; its picture is fetched. One that is gone leaves the words. */
  async contentOf(part: Exclude<Part, { kind: 'file' }>): Promise<OutgoingContent> {
    if (part.kind === 'text') return part
    const { picture } = await this.#context.gateway.call('picture', { product: part.picture.product })
    if (picture === null) return { kind: 'text', text: part.caption }
    const bytes = Buffer.from(picture, 'base64')
    const mime = mimeOf(bytes)
    return { kind: 'image', bytes, mime, name: 'picture', caption: part.caption }
  }

  async #contentOf(part: Part): Promise<OutgoingContent> {
    if (part.kind !== 'file') return this.contentOf(part)
    const { name, bytes, caption } = part
    return {
      kind: 'document',
      name,
      bytes,
      caption,
      mime: name.endsWith('.txt') ? 'text/plain' : 'application/octet-stream',
    }
  }

  async #attempt(unacked: Unacked, lane: Lane): Promise<SendOutcome> {
    const { message, content } = unacked
    const { id, chat } = message
    return this.#parts.pacing.run(lane, chat, async () => {
      await this.#context.deadline.untilMayRun()
      // Before it goes out: its acknowledgement may be here sooner than we are told that it was written.
      keepNewest(this.#unacked, id, unacked, keptMax)
      keepNewest(this.#chats, id, chat, keptMax)
      const outcome = await this.#parts.connection.send({ id, chat, content })
      if (outcome.kind !== 'written') this.#unacked.delete(id)
      return outcome
    })
  }

  /** @returns false when the worker ends without a connection. */
  async #untilOpen(): Promise<boolean> {
    const { connection } = this.#parts
    while (!connection.isOpen) {
      if (this.#context.draining.aborted) return false
      await new Promise<void>((resolve) => this.#whenOpen.push(resolve))
    }
    await this.#reopening
    return true
  }

  #wake(): void {
    for (const go of this.#whenOpen.splice(0)) go()
  }

  #onOpen(): void {
    this.#reopening = this.#reopening.then(() => this.#sendAgain())
    this.#wake()
  }

  async #sendAgain(): Promise<void> {
    // Each attempt puts its message at the end of what is not acknowledged.
    const lost = [...this.#unacked]
    try {
      for (const [id, each] of lost) {
        if (!this.#unacked.has(id)) continue
        const outcome = await this.#attempt(each, 'answer')
        // The connection broke once more: it is for the next one.
        if (outcome.kind === 'unknown' || outcome.kind === 'not_sent') keepNewest(this.#unacked, id, each, keptMax)
        if (outcome.kind === 'failed') this.#onFailed(each.message, outcome.reason)
      }
    } catch (error) {
      this.#context.log.debug({ error }, 'messages of the last connection were not sent again')
    }
  }

  #onStatus(update: StatusUpdate): void {
    const { id, state, reason = 'refused' } = update
    this.#parts.notes.note({ ...update, chat: this.#chats.get(id) ?? update.chat })
    const message = this.#unacked.get(id)?.message
    this.#unacked.delete(id)
    this.#awaited.get(id)?.(state === 'failed' ? { kind: 'failed', reason } : { kind: 'sent' })
    if (state === 'failed' && message?.outbox === false) this.#parts.onRefused(message.chat, reason)
  }

  /** It had gone out before, and cannot go out again. */
  #onFailed(message: Planned, reason: string): void {
    const failed = this.#noteFailed(message, reason)
    this.#awaited.get(message.id)?.(failed)
    if (!message.outbox) this.#parts.onRefused(message.chat, reason)
  }
}

function mimeOf(bytes: Buffer): string {
  if (bytes.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]))) return 'image/png'
  return bytes.subarray(8, 12).toString('latin1') === 'WEBP' ? 'image/webp' : 'image/jpeg'
}
