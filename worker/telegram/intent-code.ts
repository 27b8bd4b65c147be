/** Intents as Telegram carries them: commands in texts, and callback data of at most 64 bytes in buttons. */
import { languages } from '../../domain/worker-contract.ts'
import type { Intent } from '../shop/screen.ts'

const callbackBytesMax = 64

/** Callback data of a choice; throws when it would be longer than Telegram allows. */
export function encodeIntent(intent: Intent): string {
  const data = intent.kind === 'choose_language' ? `lang:${intent.language}:${intent.nonce}` : intent.kind
  if (Buffer.byteLength(data) > callbackBytesMax)
    throw new Error(`callback data over ${callbackBytesMax} bytes: ${data}`)
  return data
}

/** The intent behind callback data; undefined for what we never made, which a client can send all the same. */
export function decodeCallback(data: string): Intent | undefined {
  if (data === 'help' || data === 'id' || data === 'language') return { kind: data }
  const [kind, code, nonce] = data.split(':')
  const language = languages.find((known) => known === code)
  if (kind !== 'lang' || language === undefined || nonce === undefined) return undefined
  return { kind: 'choose_language', language, nonce }
}

/** The intent behind a message's text; anything that is no command of ours is a text. */
export function decodeText(text: string): Intent {
  const match = /^\/([a-z_]+)(?:@\w+)?(?:\s+([\s\S]*))?$/i.exec(text.trim())
  switch (match?.[1]?.toLowerCase()) {
    case 'start':
      return { kind: 'start', payload: match?.[2]?.trim() === '' ? undefined : match?.[2]?.trim() }
    case 'help':
      return { kind: 'help' }
    case 'id':
      return { kind: 'id' }
    case 'language':
    case 'lang':
      return { kind: 'language' }
    default:
      return { kind: 'text', text }
  }
}
