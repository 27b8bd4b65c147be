/** A device's connection in this process: against a fake server, with a session in memory and a clock that waits little. */

import type { WhatsappIdentity } from '../../domain/worker-contract.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { Happenings } from '../../sandbox/whatsapp/happenings.ts'
import type { FakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import type { ChannelHealth } from '../../worker/channel.ts'
import { Deadline } from '../../worker/deadline.ts'
import type { GatewayClient } from '../../worker/gateway-client.ts'
import type { IncomingMessage, OutgoingContent, StatusUpdate } from '../../worker/whatsapp/connection.ts'
import { DeviceConnection } from '../../worker/whatsapp/device-connection.ts'
import { MemorySession } from './memory-session.ts'

type DeviceEvent =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly message: IncomingMessage }
  | { readonly kind: 'status'; readonly update: StatusUpdate }
  | { readonly kind: 'health'; readonly health: ChannelHealth }
  /** How a run ended: an error, or undefined. */
  | { readonly kind: 'ended'; readonly error: unknown }

/** A connection that says nothing for so long is given up. */
const watchMs = 50_000
/** After so long without a message memory is given back. */
const quietMs = 20_000

export class ConnectedDevice {
  readonly events = new Happenings<DeviceEvent>('the device')
  readonly session: MemorySession
  /** Pauses and limits that were asked for, in milliseconds, but for the watch of an answer. */
  readonly pausesMs: number[] = []
  /** Called at each of them. */
  onPause: () => void = () => {}
  /** They are over at once. */
  hurries = false
  /** How long the watch lasts. */
  watchMs = watchMs
  readonly deadline: Deadline
  readonly logLines: string[] = []
  readonly connection: DeviceConnection
  /** What was sent, by its id, for a recipient who asks again. */
  readonly sent = new Map<string, OutgoingContent>()
  readonly #draining = new AbortController()
  #run: Promise<void> | undefined
  #passedMs = 0
  #skippedMs = 0

  constructor(
    fake: FakeWhatsApp,
    given: {
      number: string
      session?: MemorySession
      pairing?: WhatsappIdentity['pairing']
      version?: [number, number, number]
      qrLifeMs?: number
    },
  ) {
    this.session = given.session ?? new MemorySession()
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => systemClock.monotonicMs() + this.#skippedMs,
      setTimer: (delayMs, callback) => {
        if (delayMs === watchMs) return systemClock.setTimer(this.watchMs, callback)
        if (delayMs === quietMs) return systemClock.setTimer(delayMs, callback)
        this.pausesMs.push(delayMs)
        this.onPause()
        return systemClock.setTimer(this.hurries ? 5 : delayMs, callback)
      },
    }
    this.deadline = new Deadline({ ...systemClock, monotonicMs: () => systemClock.monotonicMs() + this.#passedMs })
    this.deadline.extend(systemClock.monotonicMs(), 3_600_000)
    this.connection = new DeviceConnection(
      {
        gateway: this.session.gateway as GatewayClient,
        clock,
        deadline: this.deadline,
        log: createLog({ level: 'debug', name: 'device', write: (line) => void this.logLines.push(line) }),
        draining: this.#draining.signal,
        report: (health) => this.events.add({ kind: 'health', health }),
      },
      {
        whatsapp: {
          phone: given.number,
          wsUrl: fake.url,
          version: given.version ?? null,
          pairing: given.pairing ?? null,
        },
        readSent: async ({ id }) => this.sent.get(id) ?? null,
        ...(given.qrLifeMs === undefined ? {} : { qrLifeMs: given.qrLifeMs }),
      },
    )
    this.connection.onOpen(() => this.events.add({ kind: 'open' }))
    this.connection.onMessage(async (message) => this.events.add({ kind: 'message', message }))
    this.connection.onStatus((update) => this.events.add({ kind: 'status', update }))
  }

  start(): this {
    this.#run = this.connection.run().then(
      () => this.events.add({ kind: 'ended', error: undefined }),
      (error: unknown) => this.events.add({ kind: 'ended', error }),
    )
    return this
  }

  /** So much time passes for the connection; its deadline stays where it is. */
  passes(ms: number): void {
    this.#skippedMs += ms
  }

  /** Its deadline has passed. */
  endDeadline(): void {
    this.#passedMs = 3_600_000
  }

  /** Links it by QR code and waits until it is open. */
  static async link(fake: FakeWhatsApp, number: string): Promise<ConnectedDevice> {
    const pairing = { method: 'qr', number: 1, forMs: 60_000, only: false } as const
    const device = new ConnectedDevice(fake, { number, pairing }).start()
    const qr = await device.shownQr()
    const outcome = await fake.phoneOf(number).scan(qr)
    if (outcome !== 'linked') throw new Error(`not linked: ${outcome}`)
    await device.events.next('open')
    return device
  }

  /** What its QR code says. */
  async shownQr(): Promise<string> {
    const told = await this.told('qr')
    return told.qr
  }

  /** The code that it has told. */
  async shownCode(): Promise<string> {
    const told = await this.told('code')
    return told.code
  }

  async told<S extends MemorySession['news'][number]['step']>(
    step: S,
  ): Promise<Extract<MemorySession['news'][number], { step: S }>> {
    const until = Date.now() + 10_000
    for (;;) {
      const found = this.session.news.find((news) => news.step === step)
      if (found !== undefined) return found as Extract<MemorySession['news'][number], { step: S }>
      if (Date.now() > until) throw new Error(`never told ${step}: ${JSON.stringify(this.session.news)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** Drains it as its worker would; may be called twice. */
  async stop(reason?: string): Promise<void> {
    this.#draining.abort(reason)
    await this.connection.close()
    await this.#run
  }
}
