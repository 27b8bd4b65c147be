/**
 * The only file that imports Baileys (7.0.0-rc14, pinned): connect, pair, send, events. What is known of it, and why each
 * option stands here, is in docs/adr/0013-baileys-behind-an-adapter.md. A new version is a change of this file and of
 * worker/lean/whatsapp.ts, and a run of the tests against the fake server.
 */
import './silent-libraries.ts'
import { DEFAULT_CONNECTION_CONFIG } from '@whiskeysockets/baileys/lib/Defaults/index.js'
import { makeMessagesRecvSocket } from '@whiskeysockets/baileys/lib/Socket/messages-recv.js'
import type {
  AuthenticationCreds,
  BaileysEventMap,
  ConnectionState,
  SignalDataTypeMap,
  SignalKeyStore,
  SignalKeyStoreWithTransaction,
  SocketConfig,
  WAMessage,
} from '@whiskeysockets/baileys/lib/Types/index.js'
import { initAuthCreds } from '@whiskeysockets/baileys/lib/Utils/auth-utils.js'
import { decryptMessageNode } from '@whiskeysockets/baileys/lib/Utils/decode-wa-message.js'
import { BufferJSON, unpadRandomMax16 } from '@whiskeysockets/baileys/lib/Utils/generics.js'
import { normalizeMessageContent } from '@whiskeysockets/baileys/lib/Utils/messages.js'
import type { BinaryNode } from '@whiskeysockets/baileys/lib/WABinary/index.js'
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type {
  IncomingMessage,
  MessageRef,
  OutgoingContent,
  OutgoingMessage,
  ReadSent,
  SendOutcome,
  StatusUpdate,
} from './connection.ts'
import { KeptWords } from './kept-words.ts'
import { boundClose, codeOf, guardFrames, holdFrames, wordsOf } from './raw-socket.ts'
import { sealMedia } from './seal-media.ts'
import { senderOf } from './sender-of.ts'
import { uploadMedia } from './upload-media.ts'

/** What a device knows of itself, its private keys included. Mutable: the library changes it in place. */
export type Creds = AuthenticationCreds

/** Keys by type and id, as text; null removes one, or says that there is none. */
export interface DeviceKeys {
  get(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  set(entries: readonly { readonly type: string; readonly id: string; readonly value: string | null }[]): Promise<void>
}

export interface DeviceEvents {
  /** The server waits for a device to be linked: what its QR code says, anew whenever that changes. */
  readonly onQr: (qr: string) => void
  /** What the server says to the request for a code. */
  readonly onCodeAccepted: () => void
  readonly onCodeRefused: (code: number | null) => void
  readonly onCreds: () => void
  readonly onOpen: () => void
  /** Once, and nothing comes after it. `code`: as the table of disconnects has it; null when there is none. */
  readonly onClosed: (end: { readonly code: number | null; readonly reason: string }) => void
  /** What was read last on earlier connections comes again at each new one: whoever hears of it must know what came before. */
  readonly onMessage: (message: IncomingMessage) => void
  readonly onStatus: (update: StatusUpdate) => void
}

export interface DeviceOptions {
  /** Null: the library's own, as with the version. */
  readonly url: string | null
  readonly version: readonly [number, number, number] | null
  readonly creds: Creds
  readonly keys: DeviceKeys
  readonly events: DeviceEvents
  readonly readSent: ReadSent
  /** Resolves when the credentials of which `onCreds` told are kept: the phone hears that it has linked the device then. */
  readonly kept: () => Promise<void>
  /** Whether anything may be received right now: looked at before each frame that comes. */
  readonly mayReceive: () => boolean
  /** How long each QR code is shown; left out, it is 60 seconds for the first and 20 for each of the others. */
  readonly qrLifeMs?: number | undefined
}

/** One connection of a device, from its first byte to its end. */
export interface Device {
  /** Asks for a pairing code; whether the server accepts it is said later (`onCodeAccepted`, `onCodeRefused`). */
  requestCode(number: string): Promise<string>
  send(message: OutgoingMessage): Promise<SendOutcome>
  markRead(messages: readonly MessageRef[]): Promise<void>
  sendTyping(chat: string, typing: boolean): Promise<void>
  /** Unlinks the device from its phone. */
  unlink(): Promise<void>
  /** Closes the connection and waits for its end; never logs out. `onClosed` is not called for it. */
  end(): Promise<void>
}

/** As a browser on a desktop: pairing codes of others are refused. */
const browser: [string, string, string] = ['Ubuntu', 'Chrome', '22.04.4']
const connectLimitMs = 20_000

export function freshCreds(): Creds {
  return initAuthCreds()
}

/** Throws when it is no text of `writeCreds`. */
export function readCreds(text: string): Creds {
  const creds = JSON.parse(text, BufferJSON.reviver) as Partial<Creds> | null
  if (creds?.noiseKey === undefined || creds.signedIdentityKey === undefined) throw new Error('no credentials')
  return creds as Creds
}

export function writeCreds(creds: Creds): string {
  return JSON.stringify(creds, BufferJSON.replacer)
}

/**
 * Whether a phone has really linked this device. Neither `registered` nor `me` says that: both are set as soon as a code
 * is asked for.
 */
export function isLinked({ account, me }: Creds): boolean {
  return account !== undefined && account !== null && me !== undefined && /^\d+:\d+@/.test(me.id)
}

/** The digits of the phone that a device is linked to; null when there is none. */
export function phoneOf({ me }: Creds): string | null {
  return /^(\d+)[:@]/.exec(me?.id ?? '')?.[1] ?? null
}

/** Opens a connection; its events begin after this function has returned. */
export function openDevice(options: DeviceOptions): Device {
  return new BaileysDevice(options)
}

class BaileysDevice implements Device {
  readonly #socket: ReturnType<typeof makeMessagesRecvSocket>
  readonly #options: DeviceOptions
  readonly #kept: KeptWords
  #isOpen = false
  #isEnded = false
  #turn = Promise.resolve()

  constructor(options: DeviceOptions) {
    this.#options = options
    let words: KeptWords | undefined
    const config = configOf(
      options,
      (content) => this.#compose(content),
      (kept) => {
        words = kept
      },
    )
    this.#socket = makeMessagesRecvSocket(config)
    if (words === undefined) throw new Error('a connection makes its repository at once')
    this.#kept = words
    guardFrames(this.#socket.ws, options.mayReceive)
    boundClose(this.#socket.ws)
    this.#listen(options.events)
  }

  requestCode(number: string): Promise<string> {
    return this.#socket.requestPairingCode(number)
  }

  async send({ id, chat, content }: OutgoingMessage): Promise<SendOutcome> {
    if (!this.#isOpen) return { kind: 'not_sent' }
    let message: proto.IMessage
    try {
      message = await this.#compose(content)
    } catch (error) {
      return this.#isOpen ? { kind: 'failed', reason: wordsOf(error) } : { kind: 'not_sent' }
    }
    try {
      await this.#socket.relayMessage(chat, message, { messageId: id })
      return { kind: 'written' }
    } catch (error) {
      const code = codeOf(error)
      const isLost = !this.#isOpen || code === 428 || code === 408
      return isLost ? { kind: 'unknown' } : { kind: 'failed', reason: wordsOf(error) }
    }
  }

  markRead(messages: readonly MessageRef[]): Promise<void> {
    return this.#socket.readMessages(messages.map(({ chat, id }) => ({ remoteJid: chat, id, fromMe: false })))
  }

  sendTyping(chat: string, typing: boolean): Promise<void> {
    return this.#socket.sendPresenceUpdate(typing ? 'composing' : 'paused', chat)
  }

  async unlink(): Promise<void> {
    this.#isEnded = true
    const jid = this.#options.creds.me?.id ?? ''
    await this.#socket.query({
      tag: 'iq',
      attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'md' },
      content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
    })
  }

  async end(): Promise<void> {
    this.#isEnded = true
    this.#isOpen = false
    await this.#socket.end(undefined)
    this.#forget()
  }

  #listen(events: DeviceEvents): void {
    const { ev, ws } = this.#socket
    const { creds, kept } = this.#options
    let linked = isLinked(creds)
    ev.on('creds.update', () => {
      events.onCreds()
      if (!linked && isLinked(creds)) holdFrames(ws, kept())
      linked = isLinked(creds)
    })
    ev.on('messages.upsert', ({ messages, type }) => {
      // One after the other: who wrote a message may have to be looked up, and their order is the chat's.
      for (const message of messages) {
        this.#turn = this.#turn.then(() => this.#take(message, type)).catch(() => {})
      }
    })
    ev.on('messages.update', (updates) => {
      for (const update of updates) noteStatus(update, events.onStatus)
    })
    ev.on('connection.update', (update) => this.#onConnection(update, events))
    const raw = ws as unknown as { on(name: string, listener: (given: BinaryNode) => void): void }
    raw.on('CB:message', ({ attrs, content }) => {
      for (const { tag, content: encrypted } of Array.isArray(content) ? content : []) {
        if (tag === 'enc' && encrypted instanceof Uint8Array) this.#kept.heard(encrypted, attrs)
      }
    })
    raw.on('CB:iq,type:error', ({ content }) => {
      const [error] = Array.isArray(content) ? content : []
      const code = Number(error?.attrs['code'])
      events.onCodeRefused(Number.isInteger(code) ? code : null)
    })
    raw.on('CB:iq,type:result,link_code_companion_reg', () => events.onCodeAccepted())
  }

  #onConnection({ connection, qr, lastDisconnect }: Partial<ConnectionState>, events: DeviceEvents): void {
    if (qr !== undefined) events.onQr(qr)
    if (connection === 'open') {
      this.#isOpen = true
      events.onOpen()
      this.#turn = this.#turn.then(() => this.#lookBack()).catch(() => {})
    }
    if (connection !== 'close') return
    this.#isOpen = false
    if (this.#isEnded) return
    this.#isEnded = true
    this.#forget()
    events.onClosed(endOf(lastDisconnect))
  }

  async #take(message: WAMessage, type: 'notify' | 'append'): Promise<void> {
    const { lidMapping } = this.#socket.signalRepository
    const incoming = await incomingOf(message, type, (lid) => lidMapping.getPNForLID(lid))
    if (incoming !== undefined && !this.#isEnded) this.#options.events.onMessage(incoming)
  }

  /** What was read on an earlier connection, and perhaps nobody has heard of: as if it came now. */
  async #lookBack(): Promise<void> {
    const { me } = this.#options.creds
    for (const { stanza, words } of await this.#kept.recent()) {
      const content = [{ tag: 'plaintext', attrs: {}, content: unpadRandomMax16(words) }]
      const node = { tag: 'message', attrs: { ...stanza }, content }
      const { signalRepository } = this.#socket
      const read = decryptMessageNode(node, me?.id ?? '', me?.lid ?? '', signalRepository, silentLog)
      await read.decrypt()
      await this.#take(read.fullMessage, 'append')
    }
  }

  async #compose(content: OutgoingContent): Promise<proto.IMessage> {
    if (content.kind === 'text') return { extendedTextMessage: { text: content.text } }
    const { name, mime, caption, bytes } = content
    const sealed = sealMedia(content.kind, bytes)
    const { hosts, auth } = await this.#socket.refreshMediaConn()
    const protocol = this.#options.url?.startsWith('ws:') === true ? 'http:' : 'https:'
    const places = { hosts: hosts.map(({ hostname }) => hostname), auth, protocol } as const
    const { url, directPath } = await uploadMedia(content.kind, sealed, places)
    const { mediaKey, fileSha256, fileEncSha256 } = sealed
    const file = {
      url,
      directPath,
      mediaKey,
      fileSha256,
      fileEncSha256,
      fileLength: bytes.length,
      mimetype: mime,
      mediaKeyTimestamp: Math.floor(Date.now() / 1000),
      ...(caption === '' ? {} : { caption }),
    }
    return content.kind === 'image'
      ? { imageMessage: file }
      : { documentMessage: { ...file, fileName: name, title: name } }
  }

  #forget(): void {
    const { ev, ws } = this.#socket
    for (const name of ['creds.update', 'messages.upsert', 'messages.update', 'connection.update'] as const) {
      ev.removeAllListeners(name)
    }
    // Queries that wait for their answer would wait for a minute, and keep all of this connection until then.
    ws.emit('error', Object.assign(new Error('the connection ended'), { output: { statusCode: 428 } }))
    ws.removeAllListeners()
    // An error that comes after all must not end the process.
    ws.on('error', () => {})
  }
}

function configOf(
  { url, version, creds, keys, readSent, qrLifeMs }: DeviceOptions,
  compose: (content: OutgoingContent) => Promise<proto.IMessage>,
  onKept: (kept: KeptWords) => void,
): SocketConfig {
  return {
    ...DEFAULT_CONNECTION_CONFIG,
    ...(url === null ? {} : { waWebSocketUrl: url }),
    ...(version === null ? {} : { version: [...version] }),
    ...(qrLifeMs === undefined ? {} : { qrTimeout: qrLifeMs }),
    ...proxyOf(url),
    browser,
    auth: { creds, keys: keyStoreOf(keys) },
    logger: silentLog,
    connectTimeoutMs: connectLimitMs,
    markOnlineOnConnect: false,
    syncFullHistory: false,
    // Its absence takes away a wait of 20 seconds; mappings of numbers come with each message.
    shouldSyncHistoryMessage: () => false,
    emitOwnEvents: false,
    generateHighQualityLinkPreview: false,
    makeSignalRepository: keepingRepositoryOf(onKept),
    // Five times, as phones ask: the library counts each of them twice.
    maxMsgRetryCount: 11,
    // Our own queue tries again; a second one behind it would only write later.
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    getMessage: async ({ remoteJid, id }) => {
      if (!remoteJid || !id) return undefined
      const content = await readSent({ chat: remoteJid, id })
      return content === null ? undefined : compose(content)
    },
  }
}

/** The library's own, but that what was read is kept until it is surely handed on. */
function keepingRepositoryOf(onKept: (kept: KeptWords) => void): SocketConfig['makeSignalRepository'] {
  return (auth, log, phones) => {
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, log, phones)
    const decrypt = repository.decryptMessage.bind(repository)
    const keys = auth.keys as SignalKeyStoreWithTransaction
    // A type of our own among the library's: the store takes any.
    const type = 'kept-words' as keyof SignalDataTypeMap
    const kept = new KeptWords({
      get: async (slots) => keys.get(type, [...slots]),
      set: async (slot, value) => keys.set({ [type]: { [slot]: value } }),
    })
    onKept(kept)
    repository.decryptMessage = (message) =>
      // Transactions of one chat go into each other: its key and these words are one commit.
      keys.transaction(() => kept.read(message.ciphertext, () => decrypt(message)), message.jid)
    return repository
  }
}

/** HTTPS_PROXY and NO_PROXY hold for the websocket, too (Node 24.5 and newer). */
function proxyOf(url: string | null): Pick<SocketConfig, 'agent'> {
  const { HTTPS_PROXY, https_proxy: lower } = process.env
  if (url?.startsWith('ws:') === true || (HTTPS_PROXY ?? lower ?? '') === '') return {}
  const { Agent } = process.getBuiltinModule('node:https')
  return { agent: new Agent({ proxyEnv: process.env }) }
}

/** A logger of pino's shape that says nothing: what Baileys logs are nodes with keys, numbers and texts in them. */
const silentLog: SocketConfig['logger'] = {
  level: 'silent',
  child: () => silentLog,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}

function keyStoreOf(keys: DeviceKeys): SignalKeyStore {
  return {
    get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
      const found = await keys.get(type, ids)
      const values: Record<string, SignalDataTypeMap[T]> = {}
      for (const [id, text] of found) if (text !== null) values[id] = readKey(type, text) as SignalDataTypeMap[T]
      return values
    },
    set: (data) => {
      const entries = Object.entries(data).flatMap(([type, values]) =>
        Object.entries(values ?? {}).map(([id, value]) => ({ type, id, value: writeKey(value) })),
      )
      return keys.set(entries)
    },
  }
}

function writeKey(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value, BufferJSON.replacer)
}

function readKey(type: string, text: string): unknown {
  const value: unknown = JSON.parse(text, BufferJSON.reviver)
  return type === 'app-state-sync-key'
    ? proto.Message.AppStateSyncKeyData.fromObject(value as Record<string, unknown>)
    : value
}

function endOf(last: ConnectionState['lastDisconnect']): { code: number | null; reason: string } {
  const error = last?.error
  return { code: codeOf(error) ?? null, reason: error === undefined ? 'the connection ended' : wordsOf(error) }
}

function noteStatus(
  { key, update }: BaileysEventMap['messages.update'][number],
  onStatus: DeviceEvents['onStatus'],
): void {
  const { status } = update
  if (key.fromMe !== true || !key.remoteJid || !key.id || typeof status !== 'number') return
  const ref = { chat: key.remoteJid, id: key.id }
  if (status === proto.WebMessageInfo.Status.ERROR) {
    const code = update.messageStubParameters?.[0] ?? 'unknown'
    onStatus({ ...ref, state: 'failed', reason: `WhatsApp refused it (${code})` })
  } else if (status >= proto.WebMessageInfo.Status.DELIVERY_ACK) onStatus({ ...ref, state: 'delivered' })
  else if (status === proto.WebMessageInfo.Status.SERVER_ACK) onStatus({ ...ref, state: 'acked' })
}

async function incomingOf(
  message: WAMessage,
  type: 'notify' | 'append',
  phoneOfLid: (lid: string) => Promise<string | null>,
): Promise<IncomingMessage | undefined> {
  const { key } = message
  const chat = key.remoteJid ?? ''
  // Groups, status posts, channels: read by nobody here.
  if (key.fromMe === true || !key.id || !/^\d+(?::\d+)?@(?:s\.whatsapp\.net|lid)$/.test(chat)) return undefined
  const said = saidIn(message)
  if (said === undefined) return undefined
  return {
    id: key.id,
    chat,
    from: await senderOf(key, phoneOfLid),
    pushName: message.pushName ?? null,
    timestampMs: Number(message.messageTimestamp ?? 0) * 1000,
    isOffline: type === 'append',
    ...said,
  }
}

/** Undefined for what is no message to a person: what could not be read yet, reactions, the protocol's own. */
function saidIn({ message }: WAMessage): Pick<IncomingMessage, 'kind' | 'text'> | undefined {
  const content = normalizeMessageContent(message)
  if (content === undefined) return undefined
  const { conversation, extendedTextMessage, imageMessage, documentMessage } = content
  const text = conversation ?? extendedTextMessage?.text
  if (text !== undefined && text !== null) return { kind: 'text', text }
  if (imageMessage) return { kind: 'image', text: imageMessage.caption ?? '' }
  if (documentMessage) return { kind: 'document', text: documentMessage.caption ?? '' }
  const { audioMessage, videoMessage, stickerMessage, locationMessage, contactMessage, contactsArrayMessage } = content
  const other = audioMessage ?? videoMessage ?? stickerMessage ?? locationMessage ?? contactMessage
  return other || contactsArrayMessage ? { kind: 'other', text: videoMessage?.caption ?? '' } : undefined
}
