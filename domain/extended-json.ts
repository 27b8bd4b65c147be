/**
 * MongoDB's extended JSON as mongoexport writes it, canonical and relaxed (MongoDB Extended JSON v2, and v1's dates).
 * No number ever becomes a float: numbers stay the text that they are in the file, so that an amount is read digit by
 * digit. Dates become ISO 8601 in UTC, ids their hexadecimal text.
 */

export type Value = string | boolean | null | readonly Value[] | Fields
/** A document: numbers are text here, so `10` and `"10"` are the same. */
export interface Fields {
  readonly [name: string]: Value
}

/** A document as it stands in a file. */
export type FileDocument =
  | { readonly line: number; readonly text: string }
  /** What stands here is no document. */
  | { readonly line: number; readonly trouble: string }

/** The text is no document; the message says why, without quoting what is in it. */
export class NotADocument extends Error {}

/** Reads one document. Throws `NotADocument`. */
export function parseExtendedJson(text: string): Fields {
  let value: unknown
  try {
    value = parseWithSource(text, (_key, found, { source }) => {
      if (typeof found === 'number') return source
      return isPlainObject(found) ? unwrap(found) : found
    })
  } catch (cause) {
    throw new NotADocument(cause instanceof NotADocument ? cause.message : troubleOf(cause), { cause })
  }
  if (isPlainObject(value)) return value as Fields
  throw new NotADocument('it is no JSON object')
}

/** What JSON.parse hands to its reviver since ES2026: a number's own text. */
type Reviver = (key: string, value: unknown, context: { source: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The parser's own message quotes what it read, which may be a secret. */
function troubleOf(cause: unknown): string {
  const at = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1]
  return at === undefined ? 'it is cut short, or no JSON' : `it is no JSON from character ${Number(at) + 1} on`
}

/** The value of a wrapper such as `{"$oid": ...}`; anything else stays the object that it is. */
function unwrap(object: Record<string, unknown>): unknown {
  const names = Object.keys(object)
  const [name = ''] = names
  if (names.length !== 1 || !name.startsWith('$')) return object
  const inner = object[name]
  switch (name) {
    case '$oid':
    case '$numberInt':
    case '$numberLong':
    case '$numberDouble':
    case '$numberDecimal':
    case '$symbol':
    case '$uuid':
      if (typeof inner === 'string') return inner
      break
    case '$undefined':
      return null
    case '$date':
      return dateText(inner)
    default:
      return object
  }
  throw new NotADocument(`its ${name} is not written as extended JSON has it`)
}

/** `$date` holds an ISO text, or milliseconds since 1970 (by now unwrapped to their text). */
function dateText(inner: unknown): string {
  if (typeof inner === 'string') {
    const isZoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(inner) || /^\d{4}-\d{2}-\d{2}$/.test(inner)
    const date = new Date(/^-?\d+$/.test(inner) ? Number(inner) : isZoned ? inner : `${inner}Z`)
    if (!Number.isNaN(date.getTime())) return date.toISOString()
  }
  throw new NotADocument('one of its dates is none')
}
