/** What a tenant sets for its own shop: links, buttons, texts and where its owners are told (seed rows S1-012 to S1-016). */
import { Failure } from './failure.ts'
import type { MarkupView } from './markup.ts'
import type { Language } from './once-call.ts'
import { checkTelegramHtml, escapeTelegramHtml } from './telegram-html.ts'

export const shopLinks = ['support', 'channel', 'announcement'] as const
export type ShopLink = (typeof shopLinks)[number]

export const shopTexts = ['welcome', 'help', 'terms'] as const
export type ShopText = (typeof shopTexts)[number]

/** Own buttons of a shop's home screen (seed row S1-016). */
export const buttonsMax = 5
const buttonTitleMax = 64
const linkLengthMax = 256
const textLengthMax = 3500

export interface ShopButton {
  readonly title: string
  readonly url: string
}

/** A shop as its conversation, its owners and the CLI see it. */
export interface ShopSettings {
  readonly tenant: string
  readonly name: string
  readonly status: 'active' | 'paused'
  readonly markup: MarkupView
  /** `@name` or an https URL; null when not set. */
  readonly links: Readonly<Record<ShopLink, string | null>>
  readonly buttons: readonly ShopButton[]
  /** Telegram HTML, only where the shop has its own. */
  readonly texts: Readonly<Partial<Record<Language, Readonly<Partial<Record<ShopText, string>>>>>>
  /** A chat that is told what the owners are told. */
  readonly notice_chat: string | null
}

/** Why a setting is refused, in `details.trouble`: each has its own sentence in a conversation. */
export type SettingTrouble =
  | 'not_a_link'
  | 'bad_title'
  | 'too_many_buttons'
  | 'no_such_button'
  | 'bad_length'
  | 'not_a_chat'

/** The refusal of a setting. */
export function settingFailure(
  trouble: SettingTrouble,
  message: string,
  code: 'usage' | 'conflict' | 'not_found' = 'usage',
): Failure {
  return new Failure(code, message, { details: { trouble } })
}

/** Reads `@name`, `t.me/name` or an https URL, as it is kept. Throws `usage` for anything else. */
export function parseLink(text: string): string {
  const given = text.trim()
  if (/^@[A-Za-z][A-Za-z0-9_]{3,31}$/.test(given)) return given
  const url = URL.parse(given.replace(/^(?=t\.me\/)/i, 'https://'))
  const isGood =
    url !== null &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.hostname.includes('.') &&
    !/\s/.test(given) &&
    url.href.length <= linkLengthMax
  if (isGood) return url.href
  throw settingFailure(
    'not_a_link',
    `a link is @name or an address that begins with https://, of at most ${linkLengthMax} characters`,
  )
}

/** The address behind a link of a shop. */
export function linkUrl(link: string): string {
  return link.startsWith('@') ? `https://t.me/${link.slice(1)}` : link
}

/** Reads an own button. Throws `usage`. */
export function parseButton(input: { readonly title: string; readonly url: string }): ShopButton {
  const title = input.title.trim()
  if (title === '' || title.length > buttonTitleMax || /\p{Cc}/u.test(title)) {
    throw settingFailure('bad_title', `the title of a button is one line of 1 to ${buttonTitleMax} characters`)
  }
  return { title, url: linkUrl(parseLink(input.url)) }
}

/** Reads a chat that a bot can send to: its number, or the @name of a channel. Throws `usage`. */
export function parseChat(text: string): string {
  const given = text.trim()
  if (/^-?[1-9][0-9]{0,19}$/.test(given) || /^@[A-Za-z][A-Za-z0-9_]{3,31}$/.test(given)) return given
  throw settingFailure('not_a_chat', 'a chat is its number such as -1001234567890, or the @name of a channel')
}

/**
 * A text of a shop as it is kept: HTML that Telegram can read stays as it is, anything else is kept as plain words (seed
 * row S0-106). Throws `usage` when it is empty or too long.
 * @returns the HTML, and what was wrong with it where it had to be escaped.
 */
export function parseShopText(text: string): { readonly html: string; readonly trouble: string | null } {
  // Tabs and line ends are all that a chat shows of control characters.
  const given = text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim()
  const trouble = checkTelegramHtml(given) ?? null
  const html = trouble === null ? given : escapeTelegramHtml(given)
  if (html === '' || html.length > textLengthMax) {
    throw settingFailure('bad_length', `a text has 1 to ${textLengthMax} characters; this has ${html.length}`)
  }
  return { html, trouble }
}
