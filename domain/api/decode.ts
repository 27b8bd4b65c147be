import type { z } from 'zod'
import { Failure } from '../failure.ts'

/** One field of a request that is wrong; never its value. */
export interface FieldError {
  field: string
  message: string
  /** The sort of what is wrong, for who says it in other words: `too_small`, `invalid_format`. */
  issue: string
}

/** Decodes a part of a request; throws `usage` that names every wrong field. `what` is how a person calls the part. */
export function decodePart<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  assertPlainText(value, what)
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors: FieldError[] = result.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.code === 'unrecognized_keys' ? 'has a field that is not known here' : issue.message,
    issue: issue.code,
  }))
  throw new Failure('usage', `${what} does not fit: see errors`, { details: { errors } })
}

/**
 * Throws `usage` for a text that the database cannot keep: with a zero character, or with half of a character that has
 * two halves. Where it stands is not said: the name of its field may be such a text.
 */
function assertPlainText(value: unknown, what: string): void {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return
    throw new Failure('usage', `${what} has a text with a zero character, or with half a character`)
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    assertPlainText(name, what)
    assertPlainText(inner, what)
  }
}
