/**
 * The seam between the linked device's connection and the conversation: messages as they come, messages as they go, and
 * how far these have got. Plain types: what speaks WhatsApp's protocol is behind baileys-adapter.ts and nowhere else.
 */
import type { WorkerLimits } from '../../domain/worker-contract.ts'

/** Who wrote a message, as far as the channel shows it: at least one of the two is there. */
export interface Sender {
  /** Digits. */
  readonly phone: string | null
  /** `<digits>@lid` */
  readonly lid: string | null
}

/** A message of a person, or of several; groups, status posts and what we wrote ourselves never come here. */
export interface IncomingMessage {
  /** Chosen by the sender; the same when it comes again. */
  readonly id: string
  /** Where an answer goes, as the channel names it (`remoteJid`). */
  readonly chat: string
  readonly from: Sender
  /** The name that the sender has given themselves. */
  readonly pushName: string | null
  /** The sender's time, in milliseconds since 1970. */
  readonly timestampMs: number
  readonly kind: 'text' | 'image' | 'document' | 'other'
  /** The text, or the caption; empty where there is none. */
  readonly text: string
  /** It waited for us at the server. */
  readonly isOffline: boolean
}

export interface OutgoingFile {
  readonly bytes: Uint8Array
  readonly name: string
  readonly mime: string
  readonly caption: string
}

export type OutgoingContent =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'image' } & OutgoingFile)
  | ({ readonly kind: 'document' } & OutgoingFile)

export interface OutgoingMessage {
  /** Chosen by us: one that goes out twice is shown once. At most 64 characters of A-Z and 0-9. */
  readonly id: string
  readonly chat: string
  readonly content: OutgoingContent
}

/**
 * What became of an attempt to send. `written`: it is on its way, and `StatusUpdate` says more. `not_sent`: there is no
 * connection, nothing went out, and it may be tried when there is one (`onOpen`). `unknown`: the connection ended in the
 * middle; it may be sent again under the same id. `failed`: it cannot be sent, now or later.
 */
export type SendOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'not_sent' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface StatusUpdate {
  readonly chat: string
  readonly id: string
  readonly state: 'acked' | 'delivered' | 'failed'
  /** Why it failed, with the server's number where it gave one. */
  readonly reason?: string
}

/** A message that a person sent, for `markRead`. */
export interface MessageRef {
  readonly chat: string
  readonly id: string
}

/** The connection as the conversation sees it: it comes and goes beneath, and the listeners stay. */
export interface WhatsAppConnection {
  /** Whether messages go out right now. */
  readonly isOpen: boolean
  send(message: OutgoingMessage): Promise<SendOutcome>
  /** Best effort; nothing depends on it. */
  markRead(messages: readonly MessageRef[]): Promise<void>
  /** Shows that an answer is being written, until it comes or `typing` is false. Best effort. */
  sendTyping(chat: string, typing: boolean): Promise<void>
  /**
   * Listens for messages. Called before the channel is connected, so that none is missed. The promise is waited for
   * before the worker ends (up to its grace period).
   */
  onMessage(listener: (message: IncomingMessage) => Promise<void>): void
  onStatus(listener: (update: StatusUpdate) => void): void
  /** The connection is open, again or for the first time: what was `not_sent` may go now. */
  onOpen(listener: () => void): void
}

/**
 * What a recipient gets who asks for a message once more: what we sent, as text (`waSentBody`). Null: not known any more.
 * The content is what the conversation wrote down as the message's body.
 */
export type ReadSent = (ref: MessageRef) => Promise<OutgoingContent | null>

/** What the conversation side is, to the channel that holds the connection. */
export interface ConversationSide {
  setLimits(limits: WorkerLimits): void
  /** The connection is open for the first time: what earlier workers left undone may be looked at. */
  start(): void
  /** Something may wait to be told. */
  poke(): void
  /** Resolves when nothing is in hand any more; nothing new is begun. */
  drain(): Promise<void>
  readonly readSent: ReadSent
}
