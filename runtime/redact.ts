/**
 * The last resort against secrets in text: what looks like a secret is replaced wherever it stands. Used on the log
 * stream, and on messages of errors that others made (facts/panel-and-security.md, finding 5).
 */
const names =
  'password|passwd|secret|token|api_?hash|session_?string|authorization|cookie|credentials?|(?:aes|priv|private|root|noise|identity|signed_?pre)_?key'
/** A name of a field, of any prefix, that holds a secret: `password`, `worker_token`, `botToken`, `PGPASSWORD`. */
export const secretName = new RegExp(`(?:${names})$`, 'i')

// Every repetition is bounded: whoever makes us log a long line must not make us think long about it.
const rules: readonly (readonly [RegExp, string])[] = [
  // A BotFather token, alone or in a URL path: `/bot<id>:<secret>/`.
  [/\b(bot)?([0-9]{3,20})(?::|%3A)[A-Za-z0-9_-]{10,}/gi, '$1$2:[redacted]'],
  // An API token of ours; its id may stay.
  [/\b(bfl_[a-z2-7]{8})_[\w-]{43}/g, '$1_[redacted]'],
  // user:password@ in any URL, up to the last @ that may still belong to a password with one in it.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,100}):[^\s"']{1,300}@/gi, '$1:[redacted]@'],
  // Bytes as JSON spells them, which within a text stands in escaped quotes.
  [/\{(\\{0,4}")type\\{0,4}":\\{0,4}"Buffer\\{0,4}",\\{0,4}"data\\{0,4}":\[[0-9,]*\]\}/g, '$1[bytes]$1'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/gi, 'Bearer [redacted]'],
  // Sealed boxes and key material as base64 of 32 bytes.
  [/\bv1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{20,}/g, 'v1.[redacted]'],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g, '[redacted key]'],
  // An address of WhatsApp: a phone number, or what stands for one.
  [/(?<!\d)\d{5,20}(?:[:_.]\d{1,5}){0,2}@(s\.whatsapp\.net|c\.us|lid)\b/g, '[number]@$1'],
  // Names that announce a secret: quoted in JSON, `name=value` in URLs and command lines, `name: value` where the value
  // is long enough not to be a word of a sentence.
  [
    new RegExp(`("[\\w-]{0,40}(?:${names})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"|-?[0-9][^\\s,}\\]]*)`, 'gi'),
    '$1"[redacted]"',
  ],
  [new RegExp(`(\\\\{1,8}"[\\w-]{0,40}(?:${names})\\\\{1,8}"\\s*:\\s*\\\\{1,8}")[^"]*`, 'gi'), '$1[redacted]\\'],
  [new RegExp(`\\b([\\w-]{0,40}(?:${names})=)[^\\s&"'\\\\]+`, 'gi'), '$1[redacted]'],
  [new RegExp(`\\b([\\w-]{0,40}(?:${names}):\\s*)[^\\s"'\\\\]{12,}`, 'gi'), '$1[redacted]'],
]

/** Replaces everything in `text` that looks like a secret. */
export function redactText(text: string): string {
  let redacted = text
  for (const [pattern, replacement] of rules) redacted = redacted.replace(pattern, replacement)
  return redacted
}
