/** People, groups, chats, messages and files as the sandbox keeps them. */
import type { TextEntity } from './parse-html.ts'

export interface Person {
  readonly id: number
  readonly first_name: string
  readonly username?: string
  readonly language_code?: string
}

export interface Group {
  readonly id: number
  readonly title: string
}

export type Chat =
  | { readonly type: 'private'; readonly id: number; readonly person: Person }
  | ({ readonly type: 'supergroup' } & Group)

export interface ChatMessage {
  readonly message_id: number
  readonly from: 'bot' | 'person'
  /** Who wrote it, in a group. */
  readonly author?: Person
  readonly date: number
  /** The text without markup, or the caption of a photo or document. */
  text: string
  entities: readonly TextEntity[]
  /** The text as the bot sent it, when that was HTML. */
  html: string | undefined
  reply_markup: unknown
  edited: boolean
  readonly media?: {
    readonly kind: 'photo' | 'document'
    readonly file_id: string
    readonly name: string
    readonly size: number
  }
  readonly replyTo?: number
}

export interface StoredFile {
  readonly file_id: string
  readonly file_unique_id: string
  readonly botId: number
  readonly path: string
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

/** Telegram's dates are whole seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}
