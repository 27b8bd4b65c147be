/** Whoever holds the phone of the demo's WhatsApp bot: asks for a code where there is no link, and types it. */
import { Failure } from '../domain/failure.ts'
import { isOpen, type PairingView } from '../domain/pairing.ts'
import type { Phone } from '../sandbox/whatsapp/phone.ts'
import { requestPairing } from '../services/whatsapp/request-pairing.ts'
import { showPairing } from '../services/whatsapp/show-pairing.ts'
import type { RunningServer } from './start-server.ts'

export class DemoPhone {
  readonly #running: RunningServer
  readonly instanceId: string
  readonly #phone: Phone
  #typed: string | undefined

  constructor(running: RunningServer, { id, phone }: { readonly id: string; readonly phone: Phone }) {
    this.#running = running
    this.instanceId = id
    this.#phone = phone
  }

  /**
   * Does what there is to do; to be called again until the bot runs. `isResting`: the bot waits for a person.
   * @returns why it cannot be linked, if so
   */
  async look(isResting: boolean): Promise<string | undefined> {
    const { database, actor } = this.#running
    const view = await showPairing(database, actor, { id: this.instanceId, keyring: this.#running.keyring() })
    if (view.linked) return undefined
    if (!isAsked(view)) return isResting ? this.#ask() : undefined
    if (view.code === null || view.code === this.#typed) return undefined
    this.#typed = view.code
    const outcome = await this.#phone.enterCode(view.code)
    return outcome === 'linked' ? undefined : `the phone of ${this.instanceId} did not take its code: ${outcome}`
  }

  async #ask(): Promise<string | undefined> {
    const { database, actor, keyring } = this.#running
    const request = { id: this.instanceId, method: 'code', keyring: keyring() } as const
    try {
      await database.transaction((tx) => requestPairing(tx, actor, request))
      return undefined
    } catch (error) {
      // Codes are asked for a few times an hour only, and what was unlinked may be stopped or suspended.
      if (error instanceof Failure) return error.message
      throw error
    }
  }
}

function isAsked({ step }: PairingView): boolean {
  return step !== 'none' && isOpen(step)
}
