/** Texts as people see them: without markup and without marks of direction. */
import type { Language } from '../../../domain/worker-contract.ts'
import type { ChatMessage } from '../../../sandbox/chat.ts'
import { inlineButtonsOf } from '../../../sandbox/person-chat.ts'
import { say as admin } from '../../../worker/shop/admin/texts.ts'
import { say as agent } from '../../../worker/shop/agent/texts.ts'
import { common } from '../../../worker/shop/common.ts'
import { office } from '../../../worker/shop/office/texts.ts'

const catalogues = { agent, admin, office, common }
type Room = keyof typeof catalogues
type Key<R extends Room> = Parameters<(typeof catalogues)[R]>[1]

/** A text of a room in a language, as a person reads it. */
export function read<R extends Room>(
  room: R,
  language: Language,
  key: Key<R>,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const text = (catalogues[room] as (...given: unknown[]) => string)(language, key, values)
  return plain(text.replace(/<[^>]*>/g, ''))
}

/** Matches a message that holds all of these. */
export function holding(...parts: readonly string[]): (message: ChatMessage) => boolean {
  return ({ text }) => parts.every((part) => plain(text).includes(part))
}

export function plain(text: string): string {
  return text
    .replace(/[\u2066-\u2069\u200e\u200f]/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

/** The callback data behind the button whose label holds these words. */
export function dataOf(message: ChatMessage, label: string): string {
  const button = inlineButtonsOf(message).find(({ text }) => plain(text).includes(label))
  if (button?.callback_data === undefined) throw new Error(`no button "${label}" under "${message.text}"`)
  return button.callback_data
}

export function labelsOf(message: ChatMessage): string[] {
  return inlineButtonsOf(message).map(({ text }) => plain(text))
}
