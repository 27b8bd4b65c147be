/**
 * Intents as channels carry them: commands in texts, and choices in at most 64 bytes, which is what Telegram's buttons
 * hold and what is kept of a numbered menu.
 */
import type { Intent, Said } from './screen.ts'

const callbackBytesMax = 64
const plain = /^[\w.-]*$/
/** Before the data of a button whose message stays as it is. */
const belowMark = '+'

/** Callback data of a choice; throws when it would be longer than a button holds, or could not be read back. */
export function encodeIntent({ route, args }: Intent, isBelow = false): string {
  const data = `${isBelow ? belowMark : ''}${[route, ...args].join(':')}`
  if (route === '' || ![route, ...args].every((part) => plain.test(part))) {
    throw new Error(`callback data holds letters, digits and _.- only: ${data}`)
  }
  if (data.length > callbackBytesMax) throw new Error(`callback data over ${callbackBytesMax} bytes: ${data}`)
  return data
}

/** What pressing a button says. Its data may be what we never made: a client can send anything. */
export function decodeCallback(data: string | undefined): Said {
  const [route = '', ...args] = (leadsBelow(data) ? data.slice(belowMark.length) : (data ?? '')).split(':')
  const known = route !== '' && [route, ...args].every((part) => plain.test(part))
  return known ? { kind: 'choice', intent: { route, args } } : { kind: 'unknown_choice' }
}

/** Whether what the button leads to comes below its message. */
export function leadsBelow(data: string | undefined): data is string {
  return data?.startsWith(belowMark) === true
}

/** What a message's text says: a command and the words behind it, or just a text. */
export function decodeText(text: string): Said {
  const match = /^\/([a-z0-9_]+)(?:@\w+)?(?:\s+([\s\S]*))?$/i.exec(text.trim())
  if (match?.[1] === undefined) return { kind: 'text', text }
  const words = (match[2] ?? '').trim()
  return { kind: 'command', command: match[1].toLowerCase(), words: words === '' ? [] : words.split(/\s+/) }
}
