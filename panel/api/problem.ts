/** Every error leaves as an RFC 9457 problem document; what went wrong inside stays in the log, under the request id. */
import type { ErrorRequestHandler, Request, Response } from 'express'
import type { ProblemDocument } from '../../domain/api/problem.ts'
import { Failure } from '../../domain/failure.ts'
import type { Log } from '../../runtime/log.ts'

/** An error of HTTP itself, which has no Failure code. */
export class HttpProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    kind: { status: number; code: string; title: string },
    detail: string,
    headers: Record<string, string> = {},
  ) {
    super(detail)
    this.name = 'HttpProblem'
    this.status = kind.status
    this.code = kind.code
    this.title = kind.title
    this.headers = headers
  }
}

export const httpProblems = {
  badRequest: { status: 400, code: 'usage', title: 'Invalid input' },
  noSuchRoute: { status: 404, code: 'not_found', title: 'Not found' },
  wrongMethod: { status: 405, code: 'wrong_method', title: 'Method not allowed' },
  telegramUnreachable: { status: 503, code: 'telegram_unreachable', title: 'Telegram cannot be asked' },
  tooSlow: { status: 408, code: 'too_slow', title: 'Request timed out' },
  stale: { status: 412, code: 'stale', title: 'Changed meanwhile' },
  tooLarge: { status: 413, code: 'too_large', title: 'Body too large' },
  wrongMediaType: { status: 415, code: 'wrong_media_type', title: 'Unsupported media type' },
  keyReused: { status: 422, code: 'key_reused', title: 'Key used for another request' },
  serverUnreachable: { status: 503, code: 'server_unreachable', title: 'Server cannot be asked' },
  headersTooLarge: { status: 431, code: 'headers_too_large', title: 'Headers too large' },
} as const

/** The express error handler; the last of the app. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const requestId = requestIdOf(response)
    if (isLeft(error)) {
      log.debug({ requestId, path: request.path }, 'the reader left before the end')
      return
    }
    const problem = describe(error)
    if (problem.status >= 500) log.error({ error, requestId, path: request.path }, 'request failed')
    // Half an answer becomes no problem document: that it breaks off tells the reader.
    if (response.headersSent) response.destroy()
    else sendProblem(request, response, problem)
  }
}

/** Whether the answer was being written when its reader closed the connection. */
function isLeft(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
  readonly extras: Readonly<Record<string, unknown>>
}

function sendProblem(request: Request, response: Response, problem: Problem): void {
  const document: ProblemDocument = {
    // First, so that no detail of a failure replaces a member of the standard.
    ...problem.extras,
    type: `urn:botfleet:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    instance: request.path,
    code: problem.code,
    requestId: requestIdOf(response),
  }
  response.status(problem.status).set(problem.headers)
  response.type('application/problem+json').send(JSON.stringify(document))
}

function describe(error: unknown): Problem {
  if (error instanceof Failure) return describeFailure(error)
  if (error instanceof HttpProblem) return { ...pick(error), headers: error.headers, extras: {} }
  const problem = describeParserError(error)
  if (problem !== undefined) return problem
  return {
    status: 500,
    code: 'internal',
    title: 'Internal error',
    detail: 'something went wrong here; the server log has it under this requestId',
    headers: {},
    extras: {},
  }
}

function pick(error: HttpProblem): Pick<Problem, 'status' | 'code' | 'title' | 'detail'> {
  return { status: error.status, code: error.code, title: error.title, detail: error.message }
}

function describeFailure(failure: Failure): Problem {
  const problem = { status: failure.httpStatus, code: failure.code, title: failure.title, headers: {} }
  if (failure.code === 'internal') {
    return { ...problem, detail: 'something went wrong here; the server log has it under this requestId', extras: {} }
  }
  if (failure.code === 'unavailable') {
    // What could not be reached, and how, is for the log: the message may name hosts.
    return {
      ...problem,
      detail: 'the database does not answer at the moment; try again',
      headers: { 'retry-after': '5' },
      extras: {},
    }
  }
  const described = { ...problem, detail: failure.message, extras: failure.details }
  if (failure.code === 'not_authenticated') return { ...described, headers: { 'www-authenticate': 'Bearer' } }
  const seconds = failure.details['retryAfterSeconds']
  return typeof seconds === 'number' ? { ...described, headers: { 'retry-after': String(seconds) } } : described
}

/** Errors of express' own parsers carry a 4xx status; their messages may quote the body and are not repeated. */
function describeParserError(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined
  const bare = { headers: {}, extras: {} }
  if (error.status === 413) return { ...httpProblems.tooLarge, detail: 'the body is larger than allowed', ...bare }
  if (error.status === 415) {
    return { ...httpProblems.wrongMediaType, detail: 'send plain UTF-8 JSON, not encoded otherwise', ...bare }
  }
  if (typeof error.status === 'number' && error.status >= 400 && error.status < 500) {
    const detail = 'type' in error && error.type === 'entity.parse.failed' ? 'the body is not JSON' : 'bad request'
    return { ...httpProblems.badRequest, detail, ...bare }
  }
  return undefined
}

/** The id that ties an answer to its log lines; set by the first middleware. */
export function requestIdOf(response: Response): string {
  const id: unknown = response.locals['requestId']
  return typeof id === 'string' ? id : 'none'
}
