import { styleText } from 'node:util'
import { Failure } from '../domain/failure.ts'
import { wrapText } from './text-width.ts'

/** The formats of `util.styleText` that the CLI uses. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** A stream of the process as the CLI needs it: a terminal, a pipe or a file. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

/**
 * The two faces of a command: data on stdout, everything else on stderr. With `--json` stdout carries exactly one
 * document. A reader that goes away (`| head -1`) is no error: `closed` fires and the rest is dropped.
 */
export class Output {
  /** Whether `--json` was given. */
  json = false
  readonly #stdout: OutputStream
  readonly #stderr: OutputStream
  readonly #environment: NodeJS.ProcessEnv
  readonly #closed = new AbortController()
  #documents = 0
  #writeError: Error | undefined

  constructor(stdout: OutputStream, stderr: OutputStream, environment: NodeJS.ProcessEnv = process.env) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.#environment = environment
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#writeError ??= error
      this.#closed.abort()
    })
    // Whoever reads our messages has gone; there is nobody left to tell.
    stderr.on('error', () => {})
  }

  /** Fires when stdout takes no more. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Columns that a line may take: the terminal's, else COLUMNS, else without limit (pipes are for other programs). */
  get width(): number {
    if (this.#stdout.isTTY === true && this.#stdout.columns !== undefined && this.#stdout.columns > 0) {
      return this.#stdout.columns
    }
    const columns = Number(this.#environment['COLUMNS'])
    return Number.isInteger(columns) && columns > 0 ? columns : Number.POSITIVE_INFINITY
  }

  /** Whether a person may be asked: both the question's stream and the answer's are terminals. */
  get interactive(): boolean {
    return this.#stderr.isTTY === true && process.stdin.isTTY
  }

  /** Whether messages go to a terminal. */
  get noteIsTerminal(): boolean {
    return this.#stderr.isTTY === true
  }

  /** Styles a text for stdout; plain where stdout is no terminal or NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stdout })
  }

  /** Black on white, however the terminal looks; plain where `style` is. */
  paper(text: string): string {
    return styleText(['black', 'bgWhiteBright'], text, { stream: this.#stdout })
  }

  /** Styles a text for stderr. */
  noteStyle(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stderr })
  }

  /** Prints the result: one JSON document with `--json`, otherwise what `render` gives. */
  result(value: unknown, render: () => string): void {
    if (this.json) this.#document(value)
    else this.data(render())
  }

  /** Writes lines of data to stdout. */
  data(text: string): void {
    if (this.closed.aborted || text === '') return
    this.#stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Writes a message for people to stderr. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`)
  }

  /** Writes to stderr without a line end, for questions. */
  ask(text: string): void {
    this.#stderr.write(text)
  }

  /** Reports a failure: a line on stderr and, with `--json` when no document was printed yet, the one document. */
  failure(failure: Failure): void {
    const text = `${this.noteStyle('red', 'botfleet:')} ${failure.message}`
    const { columns } = this.#stderr
    this.note(this.noteIsTerminal && columns !== undefined && columns > 0 ? wrapText(text, columns).join('\n') : text)
    if (!this.json || this.#documents > 0) return
    const { code, exitCode, message, details } = failure
    this.#document({ error: { code, exit_code: exitCode, message, details } })
  }

  /** Waits until everything has left the process; throws when stdout could not be written (a full disk). */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stdout.write('', () => resolve())
    })
    if (this.#writeError !== undefined) {
      throw new Failure('internal', `the output could not be written: ${this.#writeError.message}`, {
        cause: this.#writeError,
      })
    }
  }

  #document(value: unknown): void {
    this.#documents += 1
    if (this.#documents > 1) throw new Error('a command printed two JSON documents')
    this.data(JSON.stringify(value, null, this.#stdout.isTTY === true ? 2 : undefined))
  }
}
