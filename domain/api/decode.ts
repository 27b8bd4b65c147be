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
  const errors = result.error.issues.flatMap(errorsOf)
  throw new Failure('usage', `${what} does not fit: see errors`, { details: { errors } })
}

function errorsOf(issue: z.core.$ZodIssue): FieldError[] {
  const field = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys') return [{ field, message: issue.message, issue: issue.code }]
  const message = 'is not known here'
  // Whoever misspelt a name finds it here; what is no name is not repeated.
  const names = issue.keys.filter((key) => /^\w{1,50}$/.test(key)).slice(0, 10)
  if (names.length === 0) return [{ field, message: 'has a field that is not known here', issue: issue.code }]
  return names.map((name) => ({ field: [...issue.path, name].join('.'), message, issue: issue.code }))
}

/** Lists and objects within each other; far above any request, far below what a stack holds. */
const depthMax = 64

/**
 * Throws `usage` for a text that the database cannot keep: with a zero character, or with half of a character that has
 * two halves. Where it stands is not said: the name of its field may be such a text. Refuses what is nested too deeply,
 * too, before anybody goes down into it.
 */
function assertPlainText(value: unknown, what: string, depth = 0): void {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return
    throw new Failure('usage', `${what} has a text with a zero character, or with half a character`)
  }
  if (typeof value !== 'object' || value === null) return
  if (depth === depthMax) throw new Failure('usage', `${what} is nested too deeply`)
  for (const [name, inner] of Object.entries(value)) {
    assertPlainText(name, what)
    assertPlainText(inner, what, depth + 1)
  }
}
