/** All that the fake server knows; in memory, forgotten when it stops. */
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Curve } from '@whiskeysockets/baileys'
import { Account, type Companion, type Device, type KeptAccount, type PhoneEvent, type Wire } from './account.ts'
import { Faults } from './faults.ts'
import { Happenings } from './happenings.ts'
import { MediaHost } from './media-host.ts'
import { deviceOf, userOf } from './stanza.ts'

/** What happened on the server; `number` and `device` say whose it was. */
export type ServerEvent =
  | { readonly kind: 'upgraded'; readonly connection: number }
  | { readonly kind: 'closed'; readonly connection: number }
  /** The client said what this server cannot understand, or this server failed; the connection was dropped. */
  | { readonly kind: 'broken'; readonly connection: number; readonly reason: string }
  /** A client without a login said who it is and was sent the references of its QR codes. */
  | { readonly kind: 'registered'; readonly connection: number }
  | { readonly kind: 'code_requested'; readonly number: string }
  | { readonly kind: 'code_refused'; readonly number: string; readonly code: number }
  | { readonly kind: 'linked'; readonly number: string; readonly device: number }
  | { readonly kind: 'unlinked'; readonly number: string; readonly device: number; readonly by: 'phone' | 'companion' }
  | { readonly kind: 'logged_in'; readonly number: string; readonly device: number; readonly connection: number }
  | { readonly kind: 'login_refused'; readonly number: string; readonly device: number; readonly code: number }
  /** It has everything that had gathered for it, and gets the rest as it comes. */
  | { readonly kind: 'caught_up'; readonly number: string; readonly device: number; readonly offline: number }
  /** 'available' or 'unavailable'. */
  | { readonly kind: 'presence'; readonly number: string; readonly device: number; readonly type: string }
  | { readonly kind: 'pre_keys'; readonly number: string; readonly device: number; readonly count: number }
  | { readonly kind: 'message'; readonly number: string; readonly device: number; readonly id: string }
  | {
      readonly kind: 'message_refused'
      readonly number: string
      readonly device: number
      readonly id: string
      readonly code: number
    }
  /** A query that this server does not know; it answered 501. */
  | { readonly kind: 'unknown_query'; readonly xmlns: string; readonly tag: string }

/** Something happened on the phone of a number, or to its companions (then there is no event of the phone). */
export interface AccountChange {
  readonly number: string
  readonly event: PhoneEvent | undefined
}

/** One connection, for proofs such as "never two connections of one device". Times are of `performance.now()`. */
export interface ConnectionLine {
  readonly id: number
  readonly openedAtMs: number
  number: string | undefined
  device: number | undefined
  registeredAtMs: number | undefined
  loggedInAtMs: number | undefined
  caughtUpAtMs: number | undefined
  closedAtMs: number | undefined
}

export interface Group {
  readonly jid: string
  readonly subject: string
  readonly members: readonly Account[]
}

export class World {
  readonly staticKey = Curve.generateKeyPair()
  readonly events = new Happenings<ServerEvent>('the fake server', (event) => {
    if ('number' in event) this.changed({ number: event.number, event: undefined })
  })
  readonly faults = new Faults()
  readonly connections: ConnectionLine[] = []
  readonly wires = new Set<Wire>()
  readonly companions = new Map<Wire, Companion>()
  readonly media = new MediaHost()
  /** Which of the server's houses a client should come to next time; it says this before the handshake. */
  readonly route = randomBytes(7)
  readonly groups = new Map<string, Group>()
  /** Clients of an older version get 405. */
  oldestVersion: readonly [number, number, number] = [0, 0, 0]
  /** Phones send a newly linked device their keys and an empty history. */
  syncsHistory = true
  readonly #byNumber = new Map<string, Account>()
  readonly #byLid = new Map<string, Account>()
  readonly #changes = new EventEmitter().setMaxListeners(0)

  get accounts(): Iterable<Account> {
    return this.#byNumber.values()
  }

  /** The account of a number (digits), made when there is none yet. */
  account(number: string): Account {
    const known = this.#byNumber.get(number)
    if (known !== undefined) return known
    if (!/^\d{7,15}$/.test(number)) throw new Error(`"${number}" is no phone number: 7 to 15 digits`)
    return this.addAccount(number)
  }

  /** Adds the account of a new number, or one that was kept. */
  addAccount(given: string | KeptAccount): Account {
    const account: Account = new Account(given, (event) => this.changed({ number: account.number, event }))
    this.#byNumber.set(account.number, account)
    this.#byLid.set(account.lid, account)
    return account
  }

  changed(change: AccountChange): void {
    this.#changes.emit('change', change)
  }

  /** @returns what ends the listening. */
  onChange(listener: (change: AccountChange) => void): () => void {
    this.#changes.on('change', listener)
    return () => void this.#changes.off('change', listener)
  }

  /** The account that a jid is about, by number or by LID; undefined when nobody has it. */
  accountAt(jid: string): Account | undefined {
    return (jid.endsWith('@lid') ? this.#byLid : this.#byNumber).get(userOf(jid))
  }

  deviceAt(jid: string): Device | undefined {
    return this.accountAt(jid)?.devices.get(deviceOf(jid))
  }
}

export function linkedDevices(account: Account): Device[] {
  return [...account.devices.values()].filter(({ linked }) => linked)
}
