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

/** What the machine refuses is nobody's bug: permissions, full disks, too many open files. */
const refusals: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOTDIR: 'part of the path is no folder',
}

/** Messages that others wrote may quote what they were given. */
function unexpected(cause: unknown): Failure {
  const { code = '', syscall, path } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {}
  const refusal = refusals[code]
  if (refusal !== undefined && path !== undefined) {
    return new Failure('unavailable', `${path}: ${refusal} (${syscall ?? code})`, { cause })
  }
  const message = redactText(cause instanceof Error ? cause.message : String(cause))
  return new Failure(
    'internal',
    `unexpected: ${message}\nThis is a bug worth reporting; LOG_LEVEL=debug shows where.`,
    {
      cause,
    },
  )
}
