/** The unmodified client with a store in memory, for tests of the fake WhatsApp server. */

import { Agent } from 'node:https'
import { createConnection, type NetConnectOpts, type Socket } from 'node:net'
import {
  type AuthenticationCreds,
  type BaileysEventMap,
  BufferJSON,
  type ConnectionState,
  initAuthCreds,
  makeWASocket,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { Happenings } from '../../sandbox/whatsapp/happenings.ts'
import type { FakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'

type ClientEvent =
  | { readonly kind: 'qr'; readonly qr: string }
  | { readonly kind: 'open' }
  | { readonly kind: 'close'; readonly code: number | undefined }
  | { readonly kind: 'caught_up' }
  | {
      readonly kind: 'message'
      readonly type: 'notify' | 'append'
      readonly message: WAMessage
      readonly text: string
    }
  | { readonly kind: 'status'; readonly id: string; readonly status: number; readonly parameters: readonly string[] }
  | { readonly kind: 'query_error'; readonly code: number }

const silent = {
  level: 'silent',
  child: () => silent,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}

/** Creds and keys of one device; `connect` may be called again, as after a restart of the process. */
export class WhatsAppClient {
  readonly events = new Happenings<ClientEvent>('the client')
  creds: AuthenticationCreds = initAuthCreds()
  readonly keys = new Map<string, string>()
  readonly #url: string
  readonly #options: Partial<UserFacingSocketConfig>
  #socket: WASocket | undefined

  constructor(url: string, options: Partial<UserFacingSocketConfig> = {}) {
    this.#url = url
    this.#options = options
  }

  get socket(): WASocket {
    if (this.#socket === undefined) throw new Error('not connected')
    return this.#socket
  }

  connect(options: Partial<UserFacingSocketConfig> = {}): WASocket {
    const socket = makeWASocket({
      waWebSocketUrl: this.#url,
      auth: { creds: this.creds, keys: this.#store() },
      logger: silent,
      markOnlineOnConnect: false,
      shouldSyncHistoryMessage: () => false,
      ...this.#options,
      ...options,
    })
    socket.ev.on('creds.update', (update) => Object.assign(this.creds, update))
    socket.ev.on('connection.update', (update) => this.#onUpdate(update))
    socket.ev.on('messages.upsert', (upsert) => this.#onMessages(upsert))
    socket.ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) this.#onStatus(key.id, update.status, update.messageStubParameters)
    })
    const ws = socket.ws as unknown as { on(name: string, listener: (given: { content?: unknown }) => void): void }
    ws.on('CB:iq,type:error', ({ content }) => {
      const [error] = content as { attrs: { code?: string } }[]
      this.events.add({ kind: 'query_error', code: Number(error?.attrs.code) })
    })
    this.#socket = socket
    return socket
  }

  /** Links by QR code, then logs in; resolves when it has everything that had gathered. */
  async link(fake: FakeWhatsApp, number: string): Promise<void> {
    this.connect()
    const { qr } = await this.events.next('qr')
    const outcome = await fake.phoneOf(number).scan(qr)
    if (outcome !== 'linked') throw new Error(`not linked: ${outcome}`)
    await this.events.next('close', ({ code }) => code === 515)
    await this.open()
  }

  /** Connects anew; resolves when it has everything that had gathered. */
  async open(): Promise<void> {
    this.connect()
    await this.events.next('open')
    await this.events.next('caught_up')
  }

  /** Forgets its login, as after 401. */
  forget(): void {
    this.creds = initAuthCreds()
    this.keys.clear()
  }

  async end(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined) await socket.end(undefined)
  }

  #onUpdate({ connection, lastDisconnect, qr, receivedPendingNotifications }: Partial<ConnectionState>): void {
    if (qr !== undefined) this.events.add({ kind: 'qr', qr })
    if (connection === 'open') this.events.add({ kind: 'open' })
    if (receivedPendingNotifications === true) this.events.add({ kind: 'caught_up' })
    if (connection !== 'close') return
    const error = lastDisconnect?.error as { output?: { statusCode?: number } } | undefined
    this.events.add({ kind: 'close', code: error?.output?.statusCode })
  }

  #onMessages({ messages, type }: BaileysEventMap['messages.upsert']): void {
    for (const message of messages) {
      const { conversation, extendedTextMessage } = message.message ?? {}
      const text = conversation ?? extendedTextMessage?.text ?? ''
      if (message.key.fromMe !== true) this.events.add({ kind: 'message', type, message, text })
      // Receipts that come within 100 ms of the message are folded into this event.
      else this.#onStatus(message.key.id, message.status, message.messageStubParameters)
    }
  }

  #onStatus(id: string | null | undefined, status: unknown, parameters: string[] | null | undefined): void {
    if (typeof status !== 'number') return
    this.events.add({ kind: 'status', id: id ?? '', status, parameters: parameters ?? [] })
  }

  #store(): SignalKeyStore {
    const { keys } = this
    return {
      get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
        const found = ids.flatMap((id) => {
          const text = keys.get(`${type}/${id}`)
          return text === undefined ? [] : [[id, JSON.parse(text, BufferJSON.reviver) as unknown]]
        })
        return Object.fromEntries(found) as Record<string, SignalDataTypeMap[T]>
      },
      set: async (data) => {
        for (const [type, entries] of Object.entries(data)) {
          for (const [id, value] of Object.entries(entries ?? {})) {
            if (value === null) keys.delete(`${type}/${id}`)
            else keys.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer))
          }
        }
      },
    }
  }
}

/** The client makes every media url an https:// one; this agent opens a plain connection for it. */
export class PlainAgent extends Agent {
  override createConnection(options: NetConnectOpts): Socket {
    return createConnection(options)
  }
}
