/** A program that the bench starts, speaks to by lines, and ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { until } from './wait.ts'

const errorCharactersMax = 20_000
const stopLimitMs = 60_000

export interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly signal: AbortSignal
}

export class Child {
  readonly pid: number
  /** When it was spawned, as `Date.now()`: what other processes note is compared by the wall clock of this host. */
  readonly startedAtMs = Date.now()
  /** What it wrote on stdout, line by line. */
  readonly lines: string[] = []
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  readonly #options: ChildOptions
  #errors = ''

  constructor(options: ChildOptions) {
    this.#options = options
    this.#process = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { PATH: process.env['PATH'] ?? '', ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C is ours to pass on, in the order that we want.
      detached: true,
    })
    const { pid, stdin, stdout, stderr } = this.#process
    if (pid === undefined || stdout === null) throw new Error(`${options.command} could not be started`)
    this.pid = pid
    createInterface({ input: stdout }).on('line', (line) => this.lines.push(line))
    stdin?.on('error', () => {})
    stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-errorCharactersMax)
    })
    this.ended = new Promise((resolve) => this.#process.once('exit', () => resolve()))
  }

  /** The end of what it wrote on stderr. */
  get errors(): string {
    return this.#errors
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  say(line: string): void {
    this.#process.stdin?.write(`${line}\n`)
  }

  /** Waits for a line that the pattern finds, and gives the match. */
  line(pattern: RegExp, limitMs = 60_000): Promise<RegExpExecArray> {
    const find = () => {
      for (const line of this.lines) {
        const match = pattern.exec(line)
        if (match !== null) return match
      }
      if (this.hasEnded) throw new Error(`${this.#options.args.join(' ')} ended: ${this.#errors.slice(-2000)}`)
      return undefined
    }
    return until(find, { signal: this.#options.signal, what: `${pattern.source} from its output`, limitMs, everyMs: 5 })
  }

  /** Closes its stdin, by which the bench's own programs end, and waits for that. */
  async close(): Promise<void> {
    this.#process.stdin?.end()
    await this.#untilEnded()
  }

  /** Ends it in order; may be called twice. */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.hasEnded) this.#process.kill(name)
    await this.#untilEnded()
  }

  /** What takes too long is ended by force. */
  async #untilEnded(): Promise<void> {
    const force = setTimeout(() => this.#process.kill('SIGKILL'), stopLimitMs)
    await this.ended
    clearTimeout(force)
  }
}
