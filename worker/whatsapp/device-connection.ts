/**
 * Keeps the linked device connected, and links it where that was asked for: one connection at a time, the next one only
 * when the one before has ended and all that it had to keep is kept. Nothing is opened, received or sent past the
 * worker's deadline, and no end but a person's order to delete the bot ever unlinks the device.
 *
 *     not linked, no request --> logged_out
 *     not linked, a request  --> pairing --> linked --> (515) --> open
 *     linked                 --> connecting --> open --> ended --> by the table of disconnects
 */
import { fullJitterMs } from '../../domain/backoff.ts'
import type { WhatsappIdentity } from '../../domain/worker-contract.ts'
import { type ChannelContext, unlinkDrain } from '../channel.ts'
import { pause } from '../pause.ts'
import { Tidying } from '../tidying.ts'
import { WorkerExit } from '../worker-exit.ts'
import { type Device, type DeviceEvents, openDevice, phoneOf } from './baileys-adapter.ts'
import type {
  IncomingMessage,
  MessageRef,
  OutgoingMessage,
  ReadSent,
  SendOutcome,
  StatusUpdate,
  WhatsAppConnection,
} from './connection.ts'
import { type DisconnectRule, healthyAfterMs, ruleOf } from './disconnects.ts'
import { Pairing, type PairingEnd } from './pairing.ts'
import { SessionStore } from './session-store.ts'

/** A connection that has said nothing for so long is given up: a refused upgrade is answered by silence for ever. */
const answerLimitMs = 50_000
const deadlineLookMs = 200
const unlinkLimitMs = 3000
/** How long the connection of a deleted bot is waited for: less than a worker's grace usually lasts. */
const unlinkableLimitMs = 8000
/** After so long without a message memory is given back. */
const quietMs = 20_000
/** Messages that leave as much behind as one connection. */
const likeMessages = 100

interface End {
  readonly code: number | null
  readonly reason: string
  readonly openForMs: number
}

export interface DeviceConnectionOptions {
  readonly whatsapp: WhatsappIdentity
  readonly readSent: ReadSent
  readonly qrLifeMs?: number
}

type Context = Pick<ChannelContext, 'gateway' | 'clock' | 'log' | 'deadline' | 'draining' | 'report'>

export class DeviceConnection implements WhatsAppConnection {
  readonly #context: Context
  readonly #options: DeviceConnectionOptions
  readonly #session: SessionStore
  readonly #pairing: Pairing | undefined
  /** Aborts with the error that ends the worker. */
  readonly #ending = new AbortController()
  readonly #inHand = new Set<Promise<void>>()
  #device: Device | undefined
  /** Ends the connection that there is. */
  #endNow: () => void = () => {}
  #isOpen = false
  /** What comes in is left to the next worker. */
  #isClosing = false
  #failures = 0
  /** When connections ended in a way that admins are told of where it comes often; monotonic times. */
  #alarming: number[] = []
  #handled = 0
  #connections = 0
  readonly #tidying = new Tidying()
  #cancelTidying: () => void = () => {}
  #onMessage: (message: IncomingMessage) => Promise<void> = async () => {}
  #onStatus: (update: StatusUpdate) => void = () => {}
  #onOpen: () => void = () => {}
  #onFirstOpen: () => void = () => {}
  /** The connection of a deleted bot is open. */
  #onUnlinkable: () => void = () => {}

  constructor(context: Context, options: DeviceConnectionOptions) {
    this.#context = context
    this.#options = options
    this.#session = new SessionStore(context.gateway, (error) => this.#ending.abort(error))
    const { pairing: request, phone } = options.whatsapp
    if (request === null) return
    this.#pairing = new Pairing(context, { request, phone, onEnd: (end) => this.#pairingEnded(end) })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  onMessage(listener: (message: IncomingMessage) => Promise<void>): void {
    this.#onMessage = listener
  }

  onStatus(listener: (update: StatusUpdate) => void): void {
    this.#onStatus = listener
  }

  onOpen(listener: () => void): void {
    this.#onOpen = listener
  }

  /** The first time only, and before `onOpen`. */
  onFirstOpen(listener: () => void): void {
    this.#onFirstOpen = listener
  }

  async send(message: OutgoingMessage): Promise<SendOutcome> {
    await this.#context.deadline.untilMayRun()
    const device = this.#device
    return device === undefined || !this.#isOpen ? { kind: 'not_sent' } : device.send(message)
  }

  async markRead(messages: readonly MessageRef[]): Promise<void> {
    if (this.#isOpen) await this.#device?.markRead(messages).catch(() => {})
  }

  async sendTyping(chat: string, typing: boolean): Promise<void> {
    if (this.#isOpen) await this.#device?.sendTyping(chat, typing).catch(() => {})
  }

  /** Keeps connected until `close`; throws `WorkerExit` for a typed end. */
  async run(): Promise<void> {
    const { report, draining, deadline } = this.#context
    try {
      await this.#session.open()
      // Linked already, and its worker ended before it could say so: it is said when it is open.
      if (this.#session.isLinked) this.#pairing?.entered()
      else if (this.#pairing === undefined) throw new WorkerExit('logged_out', 'it is not linked to a phone')
      else report({ phase: 'pairing' })
      while (!draining.aborted || this.#isToUnlink) {
        this.#ending.signal.throwIfAborted()
        if (this.#isDonePairing) await this.#pause(Number.MAX_SAFE_INTEGER)
        else {
          await deadline.untilMayRun()
          const end = await this.#connectOnce()
          if (!this.#isClosing && !this.#isDonePairing) await this.#after(end)
        }
      }
      await Promise.allSettled(this.#inHand)
      this.#ending.signal.throwIfAborted()
    } finally {
      this.#pairing?.stop()
      this.#cancelTidying()
    }
  }

  /**
   * Ends the connection, and with it `run`; never logs out, unless the bot was deleted. That takes a connection, and one
   * that there is not yet is waited for a while.
   */
  async close(): Promise<void> {
    if (this.#isClosing) return
    if (this.#isToUnlink) {
      const opened = new Promise<void>((resolve) => (this.#onUnlinkable = resolve))
      if (!this.#isOpen) await this.#within(unlinkableLimitMs, opened)
      await this.#unlink()
    }
    this.#isClosing = true
    this.#endNow()
  }

  /** The bot was deleted, and its device is linked still. */
  get #isToUnlink(): boolean {
    return !this.#isClosing && this.#context.draining.reason === unlinkDrain && this.#session.isLinked
  }

  /** It was started to pair and for nothing else, and that is over. */
  get #isDonePairing(): boolean {
    return this.#pairing?.request.only === true && this.#pairing.isOver && !this.#isToUnlink
  }

  /** One connection from its beginning to its end. */
  async #connectOnce(): Promise<End> {
    const { clock, deadline } = this.#context
    const ended = Promise.withResolvers<Omit<End, 'openForMs'>>()
    this.#endNow = () => ended.resolve({ code: null, reason: 'it was closed' })
    const fail = () => ended.reject(this.#ending.signal.reason)
    let openedAtMs: number | undefined
    const cancelWatch = clock.setTimer(answerLimitMs, () =>
      ended.resolve({ code: null, reason: 'WhatsApp did not answer' }),
    )
    const { url, version } = this.#place
    const device = openDevice({
      url,
      version,
      creds: this.#session.creds,
      keys: this.#session.keys(),
      readSent: this.#options.readSent,
      kept: () => this.#session.flush(),
      qrLifeMs: this.#options.qrLifeMs,
      mayReceive: () => deadline.mayRun(),
      events: {
        ...this.#events(() => device),
        onQr: (qr) => {
          cancelWatch()
          this.#pairing?.offered(device, qr)
        },
        onOpen: () => {
          cancelWatch()
          openedAtMs = clock.monotonicMs()
          this.#opened(device).catch((error: unknown) => this.#ending.abort(error))
        },
        onClosed: (end) => ended.resolve(end),
      },
    })
    this.#device = device
    const stopWatching = this.#watchDeadline()
    this.#ending.signal.addEventListener('abort', fail, { once: true })
    if (this.#ending.signal.aborted) fail()
    try {
      const end = await ended.promise
      return { ...end, openForMs: openedAtMs === undefined ? 0 : clock.monotonicMs() - openedAtMs }
    } finally {
      this.#isOpen = false
      this.#device = undefined
      cancelWatch()
      stopWatching()
      this.#ending.signal.removeEventListener('abort', fail)
      await device.end()
      this.#session.letGo()
      if (!this.#ending.signal.aborted) await this.#session.flush()
    }
  }

  get #place(): { url: string | null; version: readonly [number, number, number] | null } {
    const { wsUrl, version } = this.#options.whatsapp
    return { url: wsUrl, version }
  }

  #events(device: () => Device): Omit<DeviceEvents, 'onQr' | 'onOpen' | 'onClosed'> {
    return {
      onCodeAccepted: () => this.#pairing?.accepted(),
      onCodeRefused: (code) => {
        if (!this.#session.isLinked) this.#pairing?.refused(code)
      },
      onCreds: () => {
        if (this.#session.isLinked) this.#pairing?.entered()
        this.#session.credsChanged()
      },
      onMessage: (message) => {
        if (device() === this.#device) this.#take(message)
      },
      onStatus: (update) => this.#onStatus(update),
    }
  }

  async #opened(device: Device): Promise<void> {
    const { report } = this.#context
    const { phone } = this.#options.whatsapp
    const pairing = this.#pairing
    if (pairing !== undefined && !pairing.isOver && !this.#isToUnlink) {
      const linkedTo = phoneOf(this.#session.creds)
      if (linkedTo !== phone) return await this.#refusePhone(linkedTo)
      await this.#session.flush()
      await pairing.linked()
    }
    if (this.#isDonePairing) return this.#endNow()
    // It ended while its link was told of; the next one says for itself that it is open.
    if (device !== this.#device) return
    this.#isOpen = true
    if (this.#isToUnlink) return this.#onUnlinkable()
    report({ phase: 'running', trouble: null })
    this.#connections += 1
    this.#tidyWhenQuiet()
    this.#onFirstOpen()
    this.#onFirstOpen = () => {}
    this.#onOpen()
  }

  async #refusePhone(linkedTo: string | null): Promise<void> {
    await this.#unlink()
    await this.#session.forget()
    this.#pairing?.linkedToAnother(linkedTo)
    this.#endNow()
  }

  #take(message: IncomingMessage): void {
    if (this.#isToUnlink) return
    const work = this.#onMessage(message).then(
      () => {
        this.#handled += 1
        this.#context.report({ handled: this.#handled })
        this.#tidyWhenQuiet()
      },
      (error: unknown) => {
        if (error instanceof WorkerExit) this.#ending.abort(error)
        else this.#context.log.error({ error }, 'a message could not be handled')
      },
    )
    this.#inHand.add(work)
    void work.finally(() => this.#inHand.delete(work))
  }

  #tidyWhenQuiet(): void {
    const look = (isQuiet: boolean) => this.#tidying.look(this.#handled + this.#connections * likeMessages, isQuiet)
    look(false)
    this.#cancelTidying()
    this.#cancelTidying = this.#context.clock.setTimer(quietMs, () => look(true))
  }

  /** What the end of a connection means, and the pause before the next. Throws the typed end. */
  async #after(end: End): Promise<void> {
    const { deadline, log } = this.#context
    if (deadline.isPast()) throw new WorkerExit('lease_lost', 'the deadline has passed')
    const rule = ruleOf(end.code)
    log.info({ code: end.code, reason: end.reason, openForMs: Math.round(end.openForMs) }, 'a connection ended')
    this.#alarm(rule)
    const pairing = this.#pairing
    if (!this.#session.isLinked) {
      // Whoever waits with a phone is told; where they may still be offered a code, a new device begins.
      if (pairing?.lost(end.code) !== true) return await this.#untilTold()
      this.#session.startFresh()
    } else if (rule.session === 'wipe') {
      await this.#session.forget()
      // Its worker ended before the phone had heard of it: the request goes on, with a new device.
      if (pairing?.isOver === false) return this.#context.report({ phase: 'pairing' })
    }
    await this.#wait(end, rule)
  }

  /** Counts what should not come often; admins are told when it has, and it is counted anew. */
  #alarm({ alarm }: DisconnectRule): void {
    if (alarm === undefined) return
    const { clock, gateway, log } = this.#context
    const nowMs = clock.monotonicMs()
    this.#alarming = [...this.#alarming.filter((atMs) => nowMs - atMs < alarm.withinMs), nowMs]
    if (this.#alarming.length < alarm.times) return
    this.#alarming = []
    gateway.call('unsteady', { ...alarm }).catch((error: unknown) => {
      log.warn({ error }, 'admins could not be told that the connection ends again and again')
    })
  }

  async #wait({ openForMs }: End, { next, words }: DisconnectRule): Promise<void> {
    const phase = this.#session.isLinked ? 'connecting' : 'pairing'
    switch (next.kind) {
      case 'exit':
        throw new WorkerExit(next.exit, words)
      case 'at_once':
        return
      case 'slowly':
        this.#context.report({ phase, trouble: `${words}; trying again in ${inWords(next.everyMs)}` })
        return await this.#pause(next.everyMs)
      case 'backoff': {
        if (openForMs >= healthyAfterMs) this.#failures = 0
        this.#failures += 1
        this.#context.report({ phase, trouble: `${words}; connecting again` })
        return await this.#pause(fullJitterMs(next.pace, this.#failures))
      }
      default:
        return next satisfies never
    }
  }

  #pause(ms: number): Promise<void> {
    const { clock, draining } = this.#context
    const ending = this.#ending.signal
    // A deleted bot that has to connect first waits between its attempts like any other.
    return pause(ms, { clock, draining: draining.aborted ? ending : AbortSignal.any([draining, ending]) })
  }

  /** It has come to nothing. One that only pairs waits for its drain, any other ends. */
  #pairingEnded({ reason, rule }: PairingEnd): void {
    this.#context.report({ trouble: reason })
    if (this.#isDonePairing) return this.#endNow()
    const exit = rule?.next.kind === 'exit' ? rule.next.exit : 'logged_out'
    this.#ending.abort(new WorkerExit(exit, reason))
  }

  /** What it came to is being told; then the worker ends, or only waits. */
  #untilTold(): Promise<void> {
    return this.#isDonePairing ? Promise.resolve() : this.#pause(Number.MAX_SAFE_INTEGER)
  }

  #watchDeadline(): () => void {
    const watch = setInterval(() => {
      if (this.#context.deadline.isPast()) this.#endNow()
    }, deadlineLookMs)
    return () => clearInterval(watch)
  }

  async #unlink(): Promise<void> {
    const device = this.#device
    if (device === undefined || !this.#session.isLinked) return
    await this.#within(
      unlinkLimitMs,
      device.unlink().catch(() => {}),
    )
  }

  async #within(limitMs: number, work: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>()
    const cancel = this.#context.clock.setTimer(limitMs, late.resolve)
    await Promise.race([work, late.promise])
    cancel()
  }
}

function inWords(ms: number): string {
  return `${Math.round(ms / 60_000)} minutes`
}
