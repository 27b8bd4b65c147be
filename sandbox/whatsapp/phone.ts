/** A phone in a person's hand: it writes, reads, links companions and unlinks them. */
import type { proto } from '@whiskeysockets/baileys'
import type { Account, PhoneEvent, ReceivedFile } from './account.ts'
import { deliver } from './deliver.ts'
import type { Happenings } from './happenings.ts'
import { enterCode, type LinkOutcome, refreshCode, scanQr } from './link-device.ts'
import { type MediaKind, sealMedia } from './media.ts'
import { type Written, writeTo, writeToList } from './phone-messages.ts'
import { restrict } from './restriction.ts'
import { seconds, stanza, statusJid } from './stanza.ts'
import { unlink } from './unlink.ts'
import { linkedDevices, type World } from './world.ts'

type WriteOptions = Omit<Written, 'message'>

export interface OutgoingFile {
  readonly kind: MediaKind
  readonly bytes: Buffer
  readonly mimetype: string
  readonly name?: string
  readonly caption?: string
}

export interface ChatLine {
  readonly from: 'me' | 'them'
  readonly id: string
  readonly text: string
  /** Seconds since 1970. */
  readonly at: number
  /** How far it has come, as the ticks of a phone say it. */
  readonly state: 'sent' | 'delivered' | 'read'
  readonly file?: ReceivedFile | undefined
}

export class Phone {
  readonly #world: World
  readonly #account: Account

  constructor(world: World, account: Account) {
    this.#world = world
    this.#account = account
  }

  get number(): string {
    return this.#account.number
  }

  get lid(): string {
    return this.#account.lid
  }

  /** What its person is called; undefined until somebody gives it a name. */
  get name(): string | undefined {
    return this.#account.name
  }

  /** Whether a companion has ever been about to be linked to it. */
  get hadCompanion(): boolean {
    return this.#account.hadCompanion
  }

  /** Whether a companion waits for its code to be typed here. */
  get isAskedForCode(): boolean {
    const request = this.#account.codeRequest
    return request !== undefined && this.#world.companions.has(request.companion.wire)
  }

  /** What came to this phone. */
  get inbox(): Happenings<PhoneEvent> {
    return this.#account.inbox
  }

  /** The device ids that are linked now. */
  get devices(): number[] {
    return linkedDevices(this.#account).map(({ id }) => id)
  }

  /** Those of them that are connected. */
  get connected(): number[] {
    return linkedDevices(this.#account).flatMap(({ id, wire }) => (wire === undefined ? [] : [id]))
  }

  /** How many stanzas wait for a companion's acknowledgement. */
  get waiting(): number {
    return linkedDevices(this.#account).reduce((sum, device) => sum + device.waiting.size, 0)
  }

  /** Types a pairing code; resolves when it is clear what became of it. */
  enterCode(code: string): Promise<LinkOutcome> {
    return enterCode(this.#world, this.#account, code)
  }

  /** The service asks the companion to show its code anew, as the live one does at times. */
  refreshCode(): void {
    refreshCode(this.#account)
  }

  /** Scans a QR code. */
  scan(qr: string): Promise<LinkOutcome> {
    return scanQr(this.#world, this.#account, qr)
  }

  /** Unlinks a companion, or all of them, as the person does in the list of linked devices. */
  unlink(id?: number): void {
    for (const device of linkedDevices(this.#account)) {
      if (id === undefined || device.id === id) unlink(this.#world, device, 'phone')
    }
  }

  /** Writes to a number. @returns the message's id */
  write(to: string, text: string, options: WriteOptions = {}): Promise<string> {
    return this.send(to, { conversation: text }, options)
  }

  /** Sends any message. */
  send(to: string, message: proto.IMessage, options: WriteOptions = {}): Promise<string> {
    return writeTo(this.#account, this.#world.account(to), { ...options, message })
  }

  /** Sends a file; the receiver fetches it by its url from the fake's media host. */
  async sendFile(to: string, file: OutgoingFile, options: WriteOptions = {}): Promise<string> {
    const { mediaKey, sealed, fileSha256, fileEncSha256 } = await sealMedia(file.kind, file.bytes)
    const path = this.#world.media.store(`/mms/${file.kind}/${fileEncSha256.toString('base64url')}`, sealed)
    const url = this.#world.media.url(path)
    const { mimetype, caption = '', name = '' } = file
    const media = { url, mimetype, caption, mediaKey, fileSha256, fileEncSha256, fileLength: file.bytes.length }
    const message = file.kind === 'image' ? { imageMessage: media } : { documentMessage: { ...media, fileName: name } }
    return this.send(to, message, options)
  }

  /** What was said in the chat with a number, oldest first. */
  chatWith(number: string): ChatLine[] {
    const [delivered, read] = [new Set<string>(), new Set(this.#account.read)]
    for (const event of this.inbox.all) {
      if (event.kind === 'delivered') delivered.add(event.id)
      if (event.kind === 'read') read.add(event.id)
    }
    return this.inbox.all.flatMap((event): ChatLine[] => {
      if (event.kind !== 'wrote' && event.kind !== 'message') return []
      if ((event.kind === 'wrote' ? event.to : event.from) !== number) return []
      const { id, text, at } = event
      const isHere = event.kind === 'message' || delivered.has(id)
      const state = read.has(id) ? 'read' : isHere ? 'delivered' : 'sent'
      if (event.kind === 'wrote') return [{ from: 'me', id, text, at, state }]
      return [{ from: 'them', id, text, at, state, file: event.file }]
    })
  }

  /** Writes into a group that it is a member of. */
  writeToGroup(groupJid: string, text: string, options: WriteOptions = {}): Promise<string> {
    const group = this.#world.groups.get(groupJid)
    if (group === undefined) throw new Error(`no group ${groupJid}`)
    const readers = group.members.filter((member) => member !== this.#account)
    return writeToList(this.#account, groupJid, readers, { ...options, message: { conversation: text } })
  }

  /** Posts a status that these numbers see. */
  postStatus(readers: readonly string[], text: string): Promise<string> {
    const accounts = readers.map((number) => this.#world.account(number))
    return writeToList(this.#account, statusJid, accounts, { message: { extendedTextMessage: { text } } })
  }

  /** Reads a message that a companion of this number wrote: it gets a read receipt. */
  read(from: string, messageId: string): void {
    this.#account.read.add(messageId)
    const jid = this.#account.addressing === 'pn' ? this.#account.jid() : this.#account.lidJid()
    for (const device of linkedDevices(this.#world.account(from))) {
      deliver(device, stanza('receipt', { id: messageId, from: jid, type: 'read', t: seconds() }))
    }
  }

  /** Restricts the account until a time in seconds since 1970, or lifts the restriction; its companions are told. */
  restrict(until: number | undefined): void {
    restrict(this.#account, until)
  }

  /** Without a network: what arrives waits, and nothing counts as delivered. */
  goOffline(): void {
    this.#account.online = false
  }

  /** With a network again; resolves when everything that waited was received. */
  async goOnline(): Promise<void> {
    this.#account.online = true
    for (const receive of this.#account.whenOnline.splice(0)) await receive()
  }

  /** Cannot decrypt the next so many messages, and asks for each again. */
  failToDecrypt(count = 1): void {
    this.#account.failures = count
  }

  /** Ends the connections of this number's companions by `<stream:error code>`; without a code by a conflict. */
  endStream(code?: number): void {
    for (const { wire } of this.#account.devices.values()) wire?.endStream(code)
  }

  /** Ends them by `<failure reason>`. */
  fail(code: number): void {
    for (const { wire } of this.#account.devices.values()) wire?.fail(code)
  }

  /** Breaks them without a word. */
  dropConnections(): void {
    for (const { wire } of this.#account.devices.values()) wire?.drop()
  }

  /** Leaves them open and never says anything again: a black hole. */
  fallSilent(): void {
    for (const { wire } of this.#account.devices.values()) wire?.fallSilent()
  }

  /** Takes the pre-keys of the companions away, all but so many. */
  usePreKeys(left: number): void {
    for (const { preKeys } of this.#account.devices.values()) preKeys.length = Math.min(preKeys.length, left)
  }
}
