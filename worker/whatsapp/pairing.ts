/**
 * One request to link this bot's device to a phone, from the first QR code that the server offers to the login of the
 * linked device, and what is told of it. It is asked once: a code belongs to its connection and dies with it, and
 * WhatsApp blocks numbers that ask too often.
 */
import type { PairingNews } from '../../domain/pairing-calls.ts'
import type { WhatsappIdentity } from '../../domain/worker-contract.ts'
import type { ChannelContext } from '../channel.ts'
import type { Device } from './baileys-adapter.ts'
import { type DisconnectRule, ruleOf } from './disconnects.ts'

type Request = NonNullable<WhatsappIdentity['pairing']>

/** How long the first QR code counts, and each of the five after it; a code for as long as there are any. */
const firstQrMs = 60_000
const laterQrMs = 20_000
const codeMs = firstQrMs + 5 * laterQrMs
/** No word for so long counts as acceptance: a refusal comes in a moment. */
const acceptLimitMs = 5000

/** How a request ended without a link: the rule of what ended it, where it was more than time or chance. */
export interface PairingEnd {
  readonly reason: string
  readonly rule: DisconnectRule | undefined
}

export class Pairing {
  readonly request: Request
  readonly #context: Pick<ChannelContext, 'gateway' | 'clock' | 'log'>
  readonly #phone: string
  readonly #endsAtMs: number
  readonly #onEnd: (end: PairingEnd) => void
  #isAsked = false
  #qrsShown = 0
  #answer: ((answer: 'accepted' | 'silent' | { readonly refused: number | null }) => void) | undefined
  #telling: Promise<void> = Promise.resolve()
  #isOver = false
  #cancelTimer: () => void = () => {}

  /** `onEnd` is called at most once, when it has come to nothing. */
  constructor(
    context: Pick<ChannelContext, 'gateway' | 'clock' | 'log'>,
    given: { readonly request: Request; readonly phone: string; readonly onEnd: (end: PairingEnd) => void },
  ) {
    this.#context = context
    this.request = given.request
    this.#phone = given.phone
    this.#onEnd = given.onEnd
    this.#endsAtMs = context.clock.monotonicMs() + given.request.forMs
    this.#cancelTimer = context.clock.setTimer(given.request.forMs, () => {
      this.#end({
        step: 'expired',
        reason: this.#isAsked ? 'nobody entered the code in time' : 'WhatsApp did not answer',
      })
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The server waits for a device to be linked. */
  offered(device: Device, qr: string): void {
    if (this.#isOver) return
    if (this.request.method === 'qr') return this.#showQr(qr)
    if (this.#isAsked) return
    this.#isAsked = true
    this.#ask(device).catch((error: unknown) => this.#failed(error))
  }

  accepted(): void {
    this.#answer?.('accepted')
  }

  refused(code: number | null): void {
    this.#answer?.({ refused: code })
  }

  /** Its connection has ended before a phone linked the device. @returns whether another may be opened. */
  lost(code: number | null): boolean {
    if (this.#isOver) return false
    const rule = ruleOf(code)
    if (rule.next.kind === 'exit' || rule.next.kind === 'slowly') {
      this.#end({ step: 'refused', code, reason: rule.words }, rule)
      return false
    }
    if (!this.#isAsked) return true
    const reason =
      code === 408 ? 'nobody entered the code in time' : 'the connection that the code belonged to has ended'
    this.#end({ step: 'expired', reason })
    return false
  }

  /** The device has been linked to another phone than the bot's, and was unlinked again. */
  linkedToAnother(phone: string | null): void {
    const other = phone === null ? 'another number' : `the number that ends in ${phone.slice(-4)}`
    this.#end({
      step: 'refused',
      code: null,
      reason: `it was linked with the phone of ${other}, not with the bot's own`,
    })
  }

  /** A phone has linked the device; it has yet to log in, which takes as long as it takes. */
  entered(): void {
    this.#cancelTimer()
  }

  /** The linked device has logged in. */
  async linked(): Promise<void> {
    this.#isOver = true
    this.#cancelTimer()
    await this.#tell({ step: 'linked' })
  }

  /** The worker ends; the request stays as it is. */
  stop(): void {
    this.#isOver = true
    this.#cancelTimer()
  }

  async #ask(device: Device): Promise<void> {
    const { clock } = this.#context
    if (!(await this.#tell({ step: 'asked' }))) return this.#end(undefined)
    const answered = new Promise<'accepted' | 'silent' | { readonly refused: number | null }>((resolve) => {
      this.#answer = resolve
    })
    const code = await device.requestCode(this.#phone)
    const atMs = clock.monotonicMs()
    const cancel = clock.setTimer(acceptLimitMs, () => this.#answer?.('silent'))
    const answer = await answered
    cancel()
    if (this.#isOver) return
    if (typeof answer === 'object') {
      const reason = refusals[answer.refused ?? 0] ?? 'WhatsApp refused to give a code'
      return this.#end({ step: 'refused', code: answer.refused, reason })
    }
    const ageMs = clock.monotonicMs() - atMs
    const forMs = Math.max(1, Math.min(codeMs, this.#endsAtMs - clock.monotonicMs()))
    if (!(await this.#tell({ step: 'code', code, ageMs, forMs }))) this.#end(undefined)
  }

  #showQr(qr: string): void {
    this.#isAsked = true
    const forMs = this.#qrsShown === 0 ? firstQrMs : laterQrMs
    this.#qrsShown += 1
    this.#tell({ step: 'qr', qr, ageMs: 0, forMs }).then(
      (open) => {
        if (!open) this.#end(undefined)
      },
      (error: unknown) => this.#failed(error),
    )
  }

  #failed(error: unknown): void {
    if (this.#isOver) return
    // A connection that broke says so by itself; a gateway that is gone ends the worker by its deadline.
    this.#context.log.warn(
      { reason: error instanceof Error ? error.name : 'unknown' },
      'a request to pair was interrupted',
    )
  }

  /** Undefined: the request was closed by somebody else, who knows why. */
  #end(news: Extract<PairingNews, { reason: string }> | undefined, rule?: DisconnectRule): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer()
    const reason = news?.reason ?? 'the request to pair was cancelled or replaced'
    const told = news === undefined ? Promise.resolve(false) : this.#tell(news)
    void told.catch(() => {}).then(() => this.#onEnd({ reason, rule }))
  }

  /** In order. @returns whether the request is still open. */
  #tell(news: PairingNews): Promise<boolean> {
    const { number } = this.request
    const told = this.#telling.then(() => this.#context.gateway.call('waPairing', { number, news }))
    this.#telling = told.then(
      () => {},
      () => {},
    )
    return told.then(({ open }) => open)
  }
}

const refusals: Readonly<Record<number, string>> = {
  400: 'WhatsApp takes this for no number of its own',
  429: 'WhatsApp says that codes for this number were asked for too often',
}
