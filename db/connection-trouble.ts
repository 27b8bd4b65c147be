import { Failure } from '../domain/failure.ts'

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
/** Shutting down, crashed, starting up, too many connections, connection exceptions. */
const sqlStates = /^(57P0[1-5]|53300|08...)$/
const clientMessages =
  /Query read timeout|^timeout expired$|timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|not queryable|Cannot use a pool after calling end|Connection ended/i

/** Whether an error means that the database did not answer, as opposed to having refused a statement. */
export function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.some(isConnectionTrouble)
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined && (networkCodes.has(code) || sqlStates.test(code))) return true
  // 25P03: our own idle-in-transaction limit ended the session.
  return code === '25P03' || clientMessages.test(error.message)
}

/** Whether nobody answered at all, not even to refuse: every connection on the same road is suspect. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message === 'Query read timeout' || isSilence(error.cause)
}

/** The server ended the statement at `statement_timeout`; the connection is as good as before. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === '57014'
}

/** What people see of a statement that took too long. */
export function slowFailure(error: unknown): Failure {
  return new Failure('unavailable', 'the database took too long for a statement: it is overloaded, or a lock is held', {
    cause: error,
  })
}

/** Deadlock or serialization failure: running the transaction again is right. */
export function isRetryable(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code === '40001' || code === '40P01'
}

/** The error people see; the original is its cause. A refused password or a missing database is said as such. */
export function connectionFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === '28P01' || code === '28000') {
    return new Failure('unavailable', 'the database refuses the user or password of DATABASE_URL', { cause: error })
  }
  if (code === '3D000')
    return new Failure('unavailable', 'the database named in DATABASE_URL does not exist', { cause: error })
  const detail = code ?? (error instanceof Error ? error.message : String(error))
  return new Failure(
    'unavailable',
    `the database does not answer (${detail}): is it running, and is DATABASE_URL right?`,
    {
      cause: error,
    },
  )
}
