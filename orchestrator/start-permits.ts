import type { Platform } from '../domain/instance.ts'
import type { Semaphore } from './semaphore.ts'

/**
 * The permits of one start. Every start has one until its worker reports, so that a server does not spawn all its bots at
 * once. A WhatsApp one has another until its worker is connected or has failed to, so that not all of them log in at once.
 */
export class StartPermits {
  readonly #starts: Semaphore
  readonly #connects: Semaphore
  #giveStartBack = () => {}
  #giveConnectBack = () => {}
  readonly #limitMs: number

  /** `limitMs`: whoever has neither connected nor failed by then does not keep the others from trying. */
  constructor(permits: { readonly starts: Semaphore; readonly connects: Semaphore }, limitMs: number) {
    this.#limitMs = limitMs
    this.#starts = permits.starts
    this.#connects = permits.connects
  }

  /** Waits for what a start needs; a bot that waits for its turn to log in holds up no other start. */
  async acquire(platform: Platform): Promise<void> {
    if (platform === 'whatsapp') {
      const giveBack = await this.#connects.acquire()
      const late = setTimeout(giveBack, this.#limitMs)
      late.unref()
      this.#giveConnectBack = () => {
        clearTimeout(late)
        giveBack()
      }
    }
    this.#giveStartBack = await this.#starts.acquire()
  }

  /** The worker has reported. */
  reported(): void {
    this.#giveStartBack()
  }

  /** The worker is connected, waits for a person, or could not connect; or it is gone. */
  settled(): void {
    this.#giveStartBack()
    this.#giveConnectBack()
  }
}
