/** Accounts: a phone number with its phone (a Signal party) and the companion devices that are linked to it. */
import { randomInt } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import { Happenings } from './happenings.ts'
import type { MediaKind } from './media.ts'
import { type KeptParty, type KeyBundle, SignalParty } from './signal-party.ts'
import type { Stanza } from './stanza.ts'

/** The server's end of one connection. */
export interface Wire {
  readonly id: number
  /** The device that has logged in here. */
  device: Device | undefined
  /** Resolves when the connection is gone. */
  readonly closed: Promise<undefined>
  send(stanza: Stanza): void
  /** Sends a query to the client; rejects when the connection closes first. */
  query(stanza: Stanza): Promise<Stanza>
  /** `<stream:error>`, then closes. `code` left out is a conflict: replaced by another connection. */
  endStream(code: number | undefined): void
  /** `<failure reason>`, then closes. */
  fail(reason: number): void
  /** Breaks the connection without a word. */
  drop(): void
  /** Neither answers nor says anything from now on, and stays open. */
  fallSilent(): void
}

/** What a client says of itself when it registers; its own key bundle, signed. */
export interface Companion {
  readonly wire: Wire
  readonly noiseKey: Buffer
  readonly identity: Buffer
  readonly registrationId: number
  readonly signedPreKey: KeyBundle['signedPreKey']
  readonly refs: readonly string[]
}

export interface Device {
  readonly account: Account
  readonly id: number
  readonly noiseKey: Buffer
  readonly identity: Buffer
  registrationId: number
  signedPreKey: KeyBundle['signedPreKey']
  readonly preKeys: NonNullable<KeyBundle['preKey']>[]
  /** Its signature was verified; until then it cannot log in. */
  linked: boolean
  wire: Wire | undefined
  /** The queue that had gathered was sent on this connection, so stanzas go out at once. */
  caughtUp: boolean
  /** What it has not acknowledged yet, oldest first; sent again at the next login. */
  readonly waiting: Set<Stanza>
  /** Messages that it has asked for again on this connection, and has not said yet that it could not take. */
  readonly askedAgain: Set<string>
  /** The phone has sent it its keys and history. */
  synced: boolean
}

/** A companion's request for a code, waiting for the person to type it into the phone. */
export interface CodeRequest {
  readonly companion: Companion
  readonly ref: string
  readonly wrappedEphemeral: Buffer
  /** Called with the last message of the companion. */
  finish: ((bundle: { readonly wrapped: Buffer; readonly identity: Buffer }) => void) | undefined
}

export interface ReceivedFile {
  readonly kind: MediaKind
  readonly mimetype: string
  readonly name: string | undefined
  readonly bytes: Buffer
}

/** What a person sees on the phone. Numbers are digits; `from` is the number of the other side. */
export type PhoneEvent =
  | {
      readonly kind: 'message'
      readonly id: string
      readonly from: string
      readonly device: number
      readonly text: string
      readonly file: ReceivedFile | undefined
      readonly message: proto.IMessage
      /** Seconds since 1970. */
      readonly at: number
      /** How often it was asked for again. */
      readonly retries: number
    }
  /** This phone has sent a message. */
  | {
      readonly kind: 'wrote'
      readonly id: string
      readonly to: string
      readonly text: string
      /** Seconds since 1970. */
      readonly at: number
    }
  /** The same message once more: a phone shows it once. */
  | { readonly kind: 'repeated'; readonly id: string; readonly from: string }
  /** A copy of what an own companion wrote to somebody. */
  | { readonly kind: 'sent_copy'; readonly id: string; readonly to: string; readonly text: string }
  /** From an own companion to this phone: requests for keys or history. */
  | { readonly kind: 'peer_message'; readonly id: string; readonly message: proto.IMessage }
  | { readonly kind: 'delivered'; readonly id: string; readonly from: string; readonly active: boolean }
  /** 'composing' or 'paused'. */
  | { readonly kind: 'typing'; readonly from: string; readonly state: string }
  | { readonly kind: 'read'; readonly id: string; readonly from: string }
  | { readonly kind: 'retry_asked'; readonly id: string; readonly from: string; readonly count: number }
  | { readonly kind: 'undecryptable'; readonly id: string; readonly from: string; readonly reason: string }
  /** A companion refused a stanza of this phone: a nack with its error. */
  | { readonly kind: 'refused'; readonly id: string; readonly from: string; readonly error: number }

/** What outlives the fake server where it is told to keep its accounts: not what was said. */
export interface KeptAccount {
  readonly number: string
  readonly lid: string
  readonly name: string | undefined
  readonly addressing: Account['addressing']
  readonly party: KeptParty
  readonly nextDevice: number
  readonly devices: readonly KeptDevice[]
}

type KeptDevice = Pick<
  Device,
  'id' | 'noiseKey' | 'identity' | 'registrationId' | 'signedPreKey' | 'preKeys' | 'synced'
>

export class Account {
  readonly number: string
  readonly lid: string
  readonly party: SignalParty
  readonly devices = new Map<number, Device>()
  readonly inbox: Happenings<PhoneEvent>
  /** Ids of what it has shown, with the sender's number before them. */
  readonly seen = new Set<string>()
  /** How often it has asked for a message again. */
  readonly retries = new Map<string, number>()
  /** What it wrote and may be asked for again, by message id. */
  readonly sent = new Map<string, proto.IMessage>()
  name: string | undefined
  /** How its messages are addressed; 'hidden' is a LID without its phone number. */
  addressing: 'lid' | 'pn' | 'hidden' = 'lid'
  /** Off: what arrives waits, and no receipt says it was delivered. */
  online = true
  readonly whenOnline: (() => Promise<void>)[] = []
  /** How many of the next messages it will fail to decrypt. */
  failures = 0
  codeRequest: CodeRequest | undefined
  /** It may not begin chats until then; seconds since 1970. */
  restrictedUntil: number | undefined
  /** Messages of companions that its person has read: their ids. */
  readonly read = new Set<string>()
  #nextDevice = 1

  /** @param onEvent told of all that comes to the phone */
  constructor(given: string | KeptAccount, onEvent?: (event: PhoneEvent) => void) {
    const kept = typeof given === 'string' ? undefined : given
    this.number = typeof given === 'string' ? given : given.number
    this.lid = kept?.lid ?? `${randomInt(100_000_000, 999_999_999)}${randomInt(100_000, 999_999)}`
    this.party = new SignalParty(kept?.party)
    this.inbox = new Happenings(`phone ${this.number}`, onEvent)
    if (kept === undefined) return
    this.name = kept.name
    this.addressing = kept.addressing
    this.#nextDevice = kept.nextDevice
    for (const device of kept.devices) {
      const state = {
        linked: true,
        wire: undefined,
        caughtUp: false,
        waiting: new Set<Stanza>(),
        askedAgain: new Set<string>(),
      }
      this.devices.set(device.id, { account: this, ...device, ...state })
    }
  }

  keep(): KeptAccount {
    const { number, lid, name, addressing } = this
    const devices = [...this.devices.values()].filter(({ linked }) => linked)
    return {
      number,
      lid,
      name,
      addressing,
      party: this.party.keep(),
      nextDevice: this.#nextDevice,
      devices: devices.map(({ id, noiseKey, identity, registrationId, signedPreKey, preKeys, synced }) => {
        return { id, noiseKey, identity, registrationId, signedPreKey, preKeys, synced }
      }),
    }
  }

  /** Whether a companion has ever been about to be linked. */
  get hadCompanion(): boolean {
    return this.#nextDevice > 1 || this.codeRequest !== undefined
  }

  jid(device = 0): string {
    return `${this.number}${device === 0 ? '' : `:${device}`}@s.whatsapp.net`
  }

  lidJid(device = 0): string {
    return `${this.lid}${device === 0 ? '' : `:${device}`}@lid`
  }

  /** Adds a device that cannot log in before its signature is verified. */
  addDevice(companion: Companion): Device {
    const { noiseKey, identity, registrationId, signedPreKey } = companion
    const given = { noiseKey, identity, registrationId, signedPreKey, preKeys: [], waiting: new Set<Stanza>() }
    const state = { linked: false, wire: undefined, caughtUp: false, synced: false, askedAgain: new Set<string>() }
    const device: Device = { account: this, id: this.#nextDevice, ...given, ...state }
    this.#nextDevice += 1
    this.devices.set(device.id, device)
    return device
  }
}
