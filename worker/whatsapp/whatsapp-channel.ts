/** A WhatsApp bot as a channel: the linked device's connection, and the conversation that it is for. */
import type { WorkerLimits } from '../../domain/worker-contract.ts'
import type { Channel, ChannelContext } from '../channel.ts'
import type { ConversationSide, WhatsAppConnection } from './connection.ts'
import { DeviceConnection } from './device-connection.ts'

/** Makes the conversation's side: called once, before anything is connected. */
export type MakeConversation = (context: ChannelContext, connection: WhatsAppConnection) => ConversationSide

export class WhatsAppChannel implements Channel {
  readonly #draining: AbortSignal
  readonly #connection: DeviceConnection
  readonly #conversation: ConversationSide
  #isStarted = false

  constructor(context: ChannelContext, makeConversation: MakeConversation) {
    const { whatsapp } = context.identity
    if (whatsapp === null) throw new Error('a WhatsApp worker is told of its phone')
    this.#draining = context.draining
    this.#connection = new DeviceConnection(context, {
      whatsapp,
      readSent: (ref) => this.#conversation.readSent(ref),
    })
    this.#conversation = makeConversation(context, this.#connection)
  }

  setLimits(limits: WorkerLimits): void {
    this.#conversation.setLimits(limits)
  }

  poke(): void {
    if (this.#isStarted) this.#conversation.poke()
  }

  async run(): Promise<void> {
    this.#connection.onFirstOpen(() => {
      this.#isStarted = true
      this.#conversation.start()
    })
    const drained = this.#drained()
    drained.catch(() => {})
    await this.#connection.run()
    await drained
  }

  /** What is in hand is finished while there is a connection to answer on. */
  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#draining.aborted) resolve()
      else this.#draining.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      await this.#conversation.drain()
    } finally {
      await this.#connection.close()
    }
  }
}
