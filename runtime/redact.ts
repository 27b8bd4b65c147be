/**
 * The last resort against secrets in text: what looks like a secret is replaced wherever it stands. Used on the log
 * stream, and on messages of errors that others made (facts/panel-and-security.md, finding 5).
 */
const names = 'password|passwd|secret|token|api_?hash|session_?string|authorization|credential|aes_key|private_?key'

const rules: readonly (readonly [RegExp, string])[] = [
  // A BotFather token, alone or in a URL path: `/bot<id>:<secret>/`.
  [/\b(bot)?([0-9]{3,20}):[A-Za-z0-9_-]{10,}/g, '$1$2:[redacted]'],
  // user:password@ in any URL.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']*):[^\s@"']+@/gi, '$1:[redacted]@'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/gi, 'Bearer [redacted]'],
  // Sealed boxes and key material as base64 of 32 bytes.
  [/\bv1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{20,}/g, 'v1.[redacted]'],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g, '[redacted key]'],
  // Names that announce a secret: quoted in JSON, `name=value` in URLs and command lines, `name: value` where the value
  // is long enough not to be a word of a sentence.
  [new RegExp(`("(?:${names})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"|[^\\s,}\\]]+)`, 'gi'), '$1"[redacted]"'],
  [new RegExp(`(\\\\+"(?:${names})\\\\+"\\s*:\\s*\\\\+")[^"]*`, 'gi'), '$1[redacted]\\'],
  [new RegExp(`\\b((?:${names})=)[^\\s&"'\\\\]+`, 'gi'), '$1[redacted]'],
  [new RegExp(`\\b((?:${names}):\\s*)[^\\s"'\\\\]{12,}`, 'gi'), '$1[redacted]'],
]

/** Replaces everything in `text` that looks like a secret. */
export function redactText(text: string): string {
  let redacted = text
  for (const [pattern, replacement] of rules) redacted = redacted.replace(pattern, replacement)
  return redacted
}
