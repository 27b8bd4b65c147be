/**
 * Every error a person can cause or meet, with the exit code the CLI ends with and the HTTP status the APIs answer
 * (design section 8). The message names what to do; `cause` keeps the original for logs.
 */
const failureTable = {
  internal: { exitCode: 1, httpStatus: 500, title: 'Internal error' },
  usage: { exitCode: 2, httpStatus: 400, title: 'Invalid input' },
  not_found: { exitCode: 3, httpStatus: 404, title: 'Not found' },
  not_authenticated: { exitCode: 4, httpStatus: 401, title: 'Not authenticated' },
  not_allowed: { exitCode: 4, httpStatus: 403, title: 'Not allowed' },
  too_many_attempts: { exitCode: 4, httpStatus: 429, title: 'Too many attempts' },
  conflict: { exitCode: 5, httpStatus: 409, title: 'Conflict' },
  unavailable: { exitCode: 6, httpStatus: 503, title: 'Unavailable' },
  wait_timeout: { exitCode: 7, httpStatus: 504, title: 'Timed out' },
} as const

export type FailureCode = keyof typeof failureTable

/** Machine-readable extras; none is named as a member of a problem document, which it would be lost behind. */
export type FailureDetails = Readonly<Record<string, unknown>> & {
  readonly [Member in 'type' | 'title' | 'status' | 'detail' | 'instance' | 'code' | 'requestId']?: never
}

export class Failure extends Error {
  readonly code: FailureCode
  /** Shown in JSON and problem documents, for example `{ current_status: 'expired' }`. */
  readonly details: FailureDetails

  constructor(code: FailureCode, message: string, options: { cause?: unknown; details?: FailureDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.details = options.details ?? {}
  }

  get exitCode(): number {
    return failureTable[this.code].exitCode
  }

  get httpStatus(): number {
    return failureTable[this.code].httpStatus
  }

  get title(): string {
    return failureTable[this.code].title
  }
}
