import type { z } from 'zod'
import { Failure } from '../failure.ts'

/** One field of a request that is wrong; never its value. */
export interface FieldError {
  field: string
  message: string
}

/** Decodes a part of a request; throws `usage` that names every wrong field. `what` is how a person calls the part. */
export function decodePart<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors: FieldError[] = result.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.code === 'unrecognized_keys' ? 'has a field that is not known here' : issue.message,
  }))
  throw new Failure('usage', `${what} does not fit: see errors`, { details: { errors } })
}
