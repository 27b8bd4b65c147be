/**
 * What may be logged of a value: plain data without secrets. Objects of classes are named and never opened, because
 * clients carry their tokens and sockets along (facts/panel-and-security.md, findings 4 and 5).
 */
import { secretName } from './redact.ts'

const depthMax = 8
const entriesMax = 200

/** A copy of `value` with the values of secret names replaced, errors in their own words, bytes and clients only named. */
export function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return depth > depthMax ? '[error]' : loggableError(value, depth)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString()
  if (value instanceof URL) return value.href
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (depth > depthMax) return '[deeper]'
  if (Array.isArray(value)) return value.slice(0, entriesMax).map((entry) => loggable(entry, depth + 1))
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype !== null && prototype !== Object.prototype) return `[${nameOf(prototype)}]`
  const entries = Object.entries(value).slice(0, entriesMax)
  return Object.fromEntries(
    entries.map(([name, entry]) => [name, secretName.test(name) ? redactedOf(entry) : loggable(entry, depth + 1)]),
  )
}

/** Only an error's own words and place: never the objects that clients hang on their errors. */
function loggableError(error: Error, depth: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: loggable(error.cause, depth + 1) }),
    ...(error instanceof AggregateError ? { errors: loggable(error.errors, depth + 1) } : {}),
  }
}

/** That there was none is no secret. */
function redactedOf(value: unknown): unknown {
  return value === undefined || value === null || typeof value === 'boolean' ? value : '[redacted]'
}

function nameOf(prototype: object): string {
  const { constructor } = prototype as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : 'object'
}
