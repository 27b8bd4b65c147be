/** What a conversation consumes and emits, in no channel's words: `telegram/` renders choices as buttons. */
import type { Language } from '../../domain/worker-contract.ts'

/** What a person wants. */
export type Intent =
  | { readonly kind: 'start'; readonly payload: string | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'id' }
  | { readonly kind: 'language' }
  | { readonly kind: 'choose_language'; readonly language: Language; readonly nonce: string }
  | { readonly kind: 'text'; readonly text: string }

/** Something a person may choose: a button, or a line of a numbered menu. */
export interface Choice {
  readonly label: string
  readonly intent: Intent
}

export interface Screen {
  /** HTML of the small kind that Telegram knows; everything from outside is escaped. */
  readonly text: string
  /** Rows of choices. */
  readonly choices?: readonly (readonly Choice[])[]
  /** Takes the place of the screen whose choice led here, where the channel can do that. */
  readonly replaces?: boolean
}
