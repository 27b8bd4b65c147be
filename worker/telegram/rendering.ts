/** Screens in Telegram's words. */

import { encodeIntent } from '../shop/intent-code.ts'
import type { Choice, Screen } from '../shop/screen.ts'

/** What a screen is besides its text or caption. */
export function renderRest(screen: Screen): Record<string, unknown> {
  const keyboard = screen.choices?.map((row) => row.map(button))
  return {
    parse_mode: 'HTML',
    // A link in a text of somebody's own would else show a page's picture.
    ...(hasFile(screen) ? {} : { link_preview_options: { is_disabled: true } }),
    ...(keyboard === undefined ? {} : { reply_markup: { inline_keyboard: keyboard } }),
  }
}

/** Whether it is shown as a photo or a document, with a caption. */
export function hasFile({ picture, attachment }: Screen): boolean {
  return picture !== undefined || attachment !== undefined
}

function button(choice: Choice): Record<string, string> {
  if ('url' in choice) return { text: choice.label, url: choice.url }
  return { text: choice.label, callback_data: encodeIntent(choice.intent, choice.isBelow) }
}
