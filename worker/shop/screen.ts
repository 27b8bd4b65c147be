/**
 * What a conversation consumes and emits, in no channel's words: `telegram/` renders choices as buttons, `whatsapp/` as
 * numbered menus.
 */

/** Where a choice or a command leads: a route and short arguments. A choice's carries ids and a nonce, no trusted price. */
export interface Intent {
  readonly route: string
  /** Of a choice: letters, digits and `_.-` only, so that they fit into a button. Of a command: the words behind it. */
  readonly args: readonly string[]
}

/** What a person did: pressed a choice, wrote a command, or wrote something else. */
export type Said =
  | { readonly kind: 'choice'; readonly intent: Intent }
  /** A choice that nobody here has made, or that an older version has. */
  | { readonly kind: 'unknown_choice' }
  | { readonly kind: 'command'; readonly command: string; readonly words: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }

export type Way = 'back' | 'cancel' | 'home'

/** Something a person may choose: a button, or a line of a numbered menu. */
export type Choice =
  | {
      readonly label: string
      readonly intent: Intent
      /** It leads out of here: back to where the person came from, out of a question, or home. */
      readonly way?: Way
      /** What it leads to comes below its screen, which people may want to keep. */
      readonly isBelow?: boolean
    }
  /** Opens a page; `https:` or `tg:`. */
  | { readonly label: string; readonly url: string }

/** A picture that is shown with a screen, whose text is then short (`captionMax`). */
export interface Picture {
  readonly product: string
  /** Changes with the picture: a channel keeps what it has uploaded under both. */
  readonly version: string
}

/** A file that goes with a screen, whose text is then short (`captionMax`). */
export interface Attachment {
  readonly name: string
  readonly content: Buffer
}

export interface Screen {
  /** HTML of the small kind that Telegram knows; everything from outside is escaped. */
  readonly text: string
  /** Rows of choices. */
  readonly choices?: readonly (readonly Choice[])[]
  readonly picture?: Picture
  readonly attachment?: Attachment
  /** Takes the place of the screen whose choice led here, where the channel can do that. */
  readonly replaces?: boolean
}

/** Characters of a screen's text, markup not counted. */
export const textMax = 4096
/** Characters of the text of a screen with a picture or an attachment. */
export const captionMax = 1024

/** A choice of one line. */
export function choice(label: string, route: string, ...args: readonly (string | number)[]): Choice {
  return { label, intent: { route, args: args.map(String) } }
}

/** A choice that leads out of a screen. */
export function wayOut(way: Way, label: string, route: string, ...args: readonly (string | number)[]): Choice {
  return { label, intent: { route, args: args.map(String) }, way }
}

/** The same choices, and what they lead to leaves their screen as it is. */
export function below(...choices: readonly Choice[]): readonly Choice[] {
  return choices.map((each) => ('intent' in each ? { ...each, isBelow: true } : each))
}
