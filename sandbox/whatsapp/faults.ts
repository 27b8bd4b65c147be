/** Faults that a test plants: which connection they hit, how often, and what goes wrong. */

export type Fault = {
  /** How many times it strikes; 1 when left out. */
  readonly times?: number | undefined
} & (UpgradeFault | SessionFault | PairingFault | MessageFault)

/** Before anybody knows whose connection it is. */
export type UpgradeFault =
  /** An HTTP status in place of the upgrade. */
  | { readonly kind: 'http_status'; readonly status: number }
  /** The connection is accepted, and the upgrade never answered. */
  | { readonly kind: 'silent_upgrade' }
  /** The connection is upgraded, and the handshake never answered. */
  | { readonly kind: 'silent_handshake' }
  /** The connection breaks once it is upgraded. */
  | { readonly kind: 'drop_upgraded' }

/** At the login of a number, or of any. */
export type SessionFault = { readonly number?: string | undefined } & (
  | { readonly kind: 'failure'; readonly code: number }
  /** `<stream:error code>` right after the login. */
  | { readonly kind: 'stream_error'; readonly code: number }
  | { readonly kind: 'drop_login' }
  /** Nothing is answered any more, and the connection stays open. */
  | { readonly kind: 'black_hole' }
  /** Everything that the server says comes this much later. */
  | { readonly kind: 'slow'; readonly delayMs: number }
)

/** A code asked for a number, or for any. */
export type PairingFault = {
  readonly kind: 'refuse_code'
  readonly number?: string | undefined
  readonly code: 400 | 429
}

/** What a companion of a number, or of any, writes. */
export type MessageFault = {
  readonly number?: string | undefined
} /** The server's ack carries an error, and nobody gets the message. */ & (
  | { readonly kind: 'refuse_message'; readonly code: number }
  /** The message gets there, and its ack is lost. */
  | { readonly kind: 'lose_ack' }
)

type Kind = Fault['kind']

export class Faults {
  readonly #planted: { fault: Fault; left: number }[] = []

  plant(fault: Fault): void {
    this.#planted.push({ fault, left: fault.times ?? 1 })
  }

  clear(): void {
    this.#planted.length = 0
  }

  /** How often planted faults will still strike. */
  get left(): number {
    return this.#planted.reduce((sum, { left }) => sum + left, 0)
  }

  /** The first fault of these kinds (and this number), used up by it. */
  take<K extends Kind>(kinds: readonly K[], number?: string): Extract<Fault, { kind: K }> | undefined {
    type Wanted = Extract<Fault, { kind: K }>
    const planted = this.#planted.find(({ fault }) => {
      const concerns = !('number' in fault) || fault.number === undefined || fault.number === number
      return (kinds as readonly Kind[]).includes(fault.kind) && concerns
    })
    if (planted === undefined) return undefined
    planted.left -= 1
    if (planted.left <= 0) this.#planted.splice(this.#planted.indexOf(planted), 1)
    return planted.fault as Wanted
  }
}
