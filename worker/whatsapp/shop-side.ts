/**
 * The shop's side of a WhatsApp bot: a message is put into the inbox, waits for its turn in its chat, is understood and
 * answered. What goes out is written down with the note that the update is answered, and is sent then: should the worker
 * end in between, the next one sends it under the same id, and nobody sees it twice. An answer with a file in it is too
 * large to be written down: its update is noted only when it was sent, and answered anew if it was not.
 */
import { type Backoff, fullJitterMs } from '../../domain/backoff.ts'
import type { WorkerLimits } from '../../domain/worker-contract.ts'
import type { ChannelContext } from '../channel.ts'
import { ChatQueue } from '../chat-queue.ts'
import { Outbox } from '../outbox.ts'
import { type Pace, Pacing } from '../pacing.ts'
import { pause } from '../pause.ts'
import { type Answer, Conversation } from '../shop/conversation.ts'
import type { Screen } from '../shop/screen.ts'
import type { Arrival, Sight } from '../shop/turn.ts'
import { WorkerExit } from '../worker-exit.ts'
import { type Arrived, arrivedOf, readArrived, readSentBody, writeArrived, writeSent } from './bodies.ts'
import type {
  ConversationSide,
  IncomingMessage,
  MessageRef,
  OutgoingContent,
  WhatsAppConnection,
} from './connection.ts'
import { hashOfChat, messageIdOf, nonceOf, updateKeyOf } from './message-id.ts'
import { personOf, userOfChat } from './person.ts'
import { refusalOf } from './refusals.ts'
import { renderAnswer } from './rendering.ts'
import { type Planned, Sender } from './sender.ts'
import { SentNotes } from './sent-notes.ts'
import { readText } from './understanding.ts'
import { WhatsAppOutbox } from './whatsapp-outbox.ts'

/** WhatsApp names no limits, and restricts accounts that write like machines. */
const pace: Pace = { botPerSecond: 10, chatPerSecond: 1, chatBurst: 8, backgroundPerSecond: 0.5 }
/** A message that waited for us for longer than this is from a time when the bot did not run. */
const oldAfterMs = 10 * 60_000
/** Chats that are worked on at once. */
const concurrencyMax = 20
/** Chats that were told that the bot was away, and updates that are known to be in hand or done. */
const rememberedMax = 2000
const attemptsMax = 3
const takeOverAgain: Backoff = { baseMs: 1000, maxMs: 30_000 }
/** An answer that takes longer is announced as being written. */
const typingAfterMs = 600

/** A message in its chat's queue. */
interface Waiting extends Arrived {
  readonly updateKey: string
  /** What its writer had before them when it came. */
  readonly sight: Sight
  /** It waited for this worker, or for the connection. */
  readonly waited: boolean
}

/** The worker ends before this could be done; the next one does it. */
class LeftForTheNext extends Error {}

export class ShopSide implements ConversationSide {
  readonly #context: ChannelContext
  readonly #connection: WhatsAppConnection
  readonly #conversation: Conversation
  readonly #pacing: Pacing
  readonly #notes: SentNotes
  readonly #sender: Sender
  readonly #queue = new ChatQueue(concurrencyMax)
  readonly #outbox: Outbox
  readonly #toldAway = new Set<string>()
  readonly #known = new Set<string>()
  /** Resolves when what earlier workers left undone is in its chats' queues. */
  readonly #caughtUp = Promise.withResolvers<void>()

  constructor(context: ChannelContext, connection: WhatsAppConnection) {
    this.#context = context
    this.#connection = connection
    this.#conversation = new Conversation({ ...context, readText })
    this.#pacing = new Pacing(context.clock, pace, context.identity.limits)
    this.#notes = new SentNotes(context)
    const onRefused = (chat: string, reason: string) => this.#onRefused(chat, reason)
    this.#sender = new Sender(context, { connection, pacing: this.#pacing, notes: this.#notes, onRefused })
    const { gateway, identity } = context
    const { instanceId } = identity
    const inChat = (chat: string, work: () => Promise<void>) => this.#inChat(chat, work)
    const markGone = (chat: string) => this.#markGone(chat)
    const parts = { gateway, instanceId, inChat, markGone, sender: this.#sender, pacing: this.#pacing }
    this.#outbox = new Outbox(context, new WhatsAppOutbox(parts))
    connection.onMessage((message) => this.#receive(message))
  }

  start(): void {
    void this.#begin()
  }

  poke(): void {
    this.#outbox.poke()
  }

  setLimits(limits: WorkerLimits): void {
    this.#pacing.setLimits(limits)
  }

  async drain(): Promise<void> {
    await this.#queue.idle()
    await this.#notes.flush()
  }

  async readSent({ chat, id }: MessageRef): Promise<OutgoingContent | null> {
    const { body } = await this.#context.gateway.call('waSentBody', {
      chats: [...new Set([this.#sender.chatOf(id) ?? chat, chat])],
      id,
    })
    const part = body === null ? undefined : readSentBody(body)?.part
    return part === undefined ? null : await this.#sender.contentOf(part)
  }

  /** Resolves when the message is in the inbox: from there it is not lost. */
  async #receive(given: IncomingMessage): Promise<void> {
    const updateKey = updateKeyOf(given)
    if (this.#known.has(updateKey)) return
    remember(this.#known, updateKey)
    const arrived = arrivedOf(given)
    const sight = this.#conversation.sightOf(personOf(given))
    const noted = this.#context.gateway.call('waArrived', { updateKey, body: writeArrived(arrived) })
    // Whoever waits for it hears of its failure.
    noted.catch(() => this.#known.delete(updateKey))
    void this.#caughtUp.promise.then(() => {
      this.#queue.add(given.chat, () =>
        this.#guard('a message could not be put into the inbox', async () => {
          const { handled } = await noted
          if (!handled) await this.#work({ ...arrived, updateKey, sight, waited: given.isOffline })
        }),
      )
    })
    await noted.catch(() => {})
  }

  /** Until it is known what was left undone nobody is answered, so that it is asked for until it is. */
  async #begin(): Promise<void> {
    const { clock, draining, log } = this.#context
    for (let failures = 1; !draining.aborted; failures += 1) {
      try {
        return await this.#takeOver()
      } catch (error) {
        // A typed end is everybody's, and comes to the worker by its heartbeats.
        if (error instanceof WorkerExit) return
        log.error({ error }, 'what had been left undone could not be taken over')
      }
      await pause(fullJitterMs(takeOverAgain, failures), { clock, draining })
    }
  }

  /** What earlier workers have written down and not sent is sent; what they have not answered is answered. */
  async #takeOver(): Promise<void> {
    const { gateway } = this.#context
    for (;;) {
      const { arrived, queued, more } = await gateway.call('waPending', {})
      const work: Promise<void>[] = []
      for (const { id, chat, body } of queued.filter((each) => this.#isNew(each.id))) {
        work.push(this.#inChat(chat, () => this.#sendAgain({ id, chat }, body)))
      }
      const fresh = arrived.filter(({ updateKey }) => this.#isNew(updateKey))
      const lost: string[] = []
      for (const { updateKey, body } of fresh) {
        const known = body === null ? undefined : readArrived(body)
        if (known === undefined) lost.push(updateKey)
        else {
          const sight = this.#conversation.sightOf(personOf(known.message))
          const waiting = { ...known, updateKey, sight, waited: true }
          work.push(this.#inChat(known.message.chat, () => this.#work(waiting)))
        }
      }
      this.#caughtUp.resolve()
      this.#outbox.start()
      if (lost.length > 0) await gateway.call('answered', { updateKeys: lost, asked: null })
      if (!more || work.length + lost.length === 0) return
      await Promise.all(work)
      await this.#notes.flush()
    }
  }

  #isNew(name: string): boolean {
    if (this.#known.has(name)) return false
    remember(this.#known, name)
    return true
  }

  /** An answer that an earlier worker has written down. What the outbox looks after, it sends again itself. */
  async #sendAgain(ref: MessageRef, body: string): Promise<void> {
    const kept = readSentBody(body)
    if (kept?.part === undefined || kept.outbox) {
      return this.#notes.note({ ...ref, state: 'failed', reason: 'its worker ended before it was sent' })
    }
    await this.#sender.send({ ...ref, part: kept.part, outbox: false })
  }

  #inChat(chat: string, work: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.add(chat, () => this.#guard('work in a chat failed', work).finally(resolve))
    })
  }

  async #work(waiting: Waiting): Promise<void> {
    for (let attempt = 1; !this.#context.draining.aborted; attempt += 1) {
      try {
        // The process may have been frozen while the message was in the queue.
        await this.#context.deadline.untilMayRun()
        return await this.#answer(waiting)
      } catch (error) {
        if (error instanceof WorkerExit || error instanceof LeftForTheNext) throw error
        const { updateKey } = waiting
        this.#context.log.error({ error, update: updateKey, attempt }, 'a message could not be handled')
        if (attempt >= attemptsMax) {
          return void (await this.#context.gateway.call('answered', { updateKeys: [updateKey], asked: null }))
        }
        await new Promise<void>((resolve) => this.#context.clock.setTimer(attempt * 500, resolve))
      }
    }
  }

  async #answer(waiting: Waiting): Promise<void> {
    const { message, holdsToken } = waiting
    const { chat } = message
    const arrival = this.#arrivalOf(waiting)
    const stopTyping = this.#typeWhileBusy(chat)
    try {
      const said = { kind: 'text', text: message.text } as const
      const answer = await this.#conversation.respond(said, arrival, (screen) => this.#sayBusy(arrival, screen))
      // Of a backlog from a stopped time, one message of each chat is answered: that we were away.
      const silent = arrival.isOld && !holdsToken && this.#toldAway.has(chat)
      if (arrival.isOld) remember(this.#toldAway, chat)
      if (!answer.answered) await this.#show(silent ? { ...answer, screens: [] } : answer, arrival)
      if (answer.pokesOutbox) await this.#outbox.deliverHere(chat)
    } finally {
      stopTyping()
    }
    // Read is what was handled.
    void this.#connection.markRead([message]).catch(() => {})
  }

  #arrivalOf({ message, updateKey, sight, waited, holdsToken }: Waiting): Arrival {
    const isOld = waited && message.timestampMs < this.#context.clock.wallMs() - oldAfterMs
    return {
      person: personOf(message),
      updateKey,
      chatKey: hashOfChat(message.chat),
      nonce: nonceOf(updateKey),
      isOld,
      answerMark: null,
      sight,
      // What somebody else has written cannot be taken out of their chat.
      token: holdsToken ? 'left' : null,
    }
  }

  async #show(answer: Answer, arrival: Arrival): Promise<void> {
    const { parts, menu } = renderAnswer(answer.screens, { language: answer.language, asked: answer.asks !== null })
    const { chatId: chat } = arrival.person
    const messages = parts.map((part, at): Planned => {
      return { id: messageIdOf(arrival.updateKey, String(at)), chat, part, outbox: false }
    })
    const sending = messages.map((each) => ({ id: each.id, chat, body: writeSent(each) }))
    const hasFile = parts.some(({ kind }) => kind === 'file')
    const shown = menu === undefined ? {} : { menu }
    if (hasFile) {
      await this.#context.gateway.call('waSending', { messages: sending })
      if (!(await this.#send(messages))) throw new LeftForTheNext()
      const see = await this.#conversation.settle(arrival, answer, shown)
      return see()
    }
    const settling = sending.length === 0 ? shown : { ...shown, sending }
    const see = await this.#conversation.settle(arrival, answer, settling)
    await this.#send(messages)
    see()
  }

  /** @returns false when the worker ends before all of it was sent. */
  async #send(messages: readonly Planned[]): Promise<boolean> {
    for (const message of messages) {
      const sent = await this.#sender.send(message)
      if (sent.kind === 'undone') return false
      if (sent.kind === 'failed') this.#onRefused(message.chat, sent.reason)
    }
    return true
  }

  #onRefused(chat: string, reason: string): void {
    this.#context.log.warn({ reason }, 'an answer was refused')
    if (refusalOf(reason).kind === 'gone') {
      void this.#guard('a chat could not be marked as blocked', () => this.#markGone(chat))
    }
  }

  async #markGone(chat: string): Promise<void> {
    await this.#context.gateway.call('markBlocked', { platformUserId: userOfChat(chat), blocked: true })
  }

  async #sayBusy({ person: { chatId: chat }, updateKey }: Arrival, { text }: Screen): Promise<void> {
    if (!this.#connection.isOpen) return
    await this.#sender.send({ id: messageIdOf(updateKey, 'busy'), chat, part: { kind: 'text', text }, outbox: false })
  }

  #typeWhileBusy(chat: string): () => void {
    let isTyping = false
    const type = (typing: boolean) => {
      isTyping = typing
      if (this.#connection.isOpen) void this.#connection.sendTyping(chat, typing).catch(() => {})
    }
    const cancel = this.#context.clock.setTimer(typingAfterMs, () => type(true))
    return () => {
      cancel()
      if (isTyping) type(false)
    }
  }

  /** A typed end is everybody's, and comes to the worker by its heartbeats; anything else must not stop what comes after. */
  async #guard(trouble: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof WorkerExit || error instanceof LeftForTheNext)) this.#context.log.error({ error }, trouble)
    }
  }
}

/** Remembers the newest of them. */
function remember(all: Set<string>, name: string): void {
  all.delete(name)
  const oldest = all.values().next()
  if (all.size >= rememberedMax && oldest.done !== true) all.delete(oldest.value)
  all.add(name)
}
