import { Failure } from '../domain/failure.ts'
import { redactText } from '../runtime/redact.ts'
import { Interrupted } from './interruption.ts'
import type { Output } from './output.ts'

/** Tells a person (and, with `--json`, a program) what went wrong. @returns the exit code of design section 8. */
export function reportError(output: Output, error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode
  const failure = error instanceof Failure ? error : unexpected(error)
  output.failure(failure)
  if (failure.code === 'internal' && process.env['LOG_LEVEL'] === 'debug') {
    const { cause } = failure
    output.note(redactText(String(cause instanceof Error ? cause.stack : failure.stack)))
  }
  return failure.exitCode
}

/** Messages that others wrote may quote what they were given. */
function unexpected(cause: unknown): Failure {
  const message = redactText(cause instanceof Error ? cause.message : String(cause))
  return new Failure(
    'internal',
    `unexpected: ${message}\nThis is a bug worth reporting; LOG_LEVEL=debug shows where.`,
    {
      cause,
    },
  )
}
