/** What a call ended with when it did not succeed: the server's own problem document, or that nobody answered. */
export class Problem extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  /** Fields of the request that are wrong. */
  readonly errors: readonly FieldError[]
  readonly retryAfterSeconds: number | undefined
  /** What the caller must bring first: the `code` of a second factor, or the `second_factor` itself. */
  readonly needed: string | undefined
  /** Which proof of who one is was wrong: the `password` or the `code`. */
  readonly wrong: string | undefined

  constructor(status: number, document: ProblemBody, options: { retryAfter?: string | null; cause?: unknown } = {}) {
    super(withoutCommand(document.detail ?? document.title ?? `HTTP ${status}`), { cause: options.cause })
    this.name = 'Problem'
    this.status = status
    this.code = document.code ?? (status === 0 ? 'no_answer' : 'internal')
    this.requestId = document.requestId
    this.errors = document.errors ?? []
    this.needed = document.needed
    this.wrong = document.wrong
    const seconds = Number(options.retryAfter ?? Number.NaN)
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined
  }

  /** Whether it is not known if the call took effect: nothing or nothing sensible was answered. */
  get outcomeUnknown(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

interface ProblemBody {
  readonly title?: string
  readonly detail?: string
  readonly code?: string
  readonly requestId?: string
  readonly needed?: string
  readonly wrong?: string
  readonly errors?: readonly FieldError[]
}

interface FieldError {
  readonly field: string
  readonly message: string
  /** The sort of what is wrong. */
  readonly issue: string
}

/**
 * A sentence of the server without the command line that it ends with, behind a colon, a semicolon or a question: on a page
 * there is a button for that.
 */
export function withoutCommand(sentence: string): string {
  return sentence.replace(/(?:[:;]|(?<=\?)) \.\/botfleet .*$/s, '')
}
