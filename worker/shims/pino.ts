/**
 * Stands in for pino behind runtime/log.ts: the same lines, without worker threads, transports, and the code that pino
 * compiles for each logger. What runtime/log.ts hands over is plain data already, so JSON.stringify cannot fail on it.
 */
type Fields = Record<string, unknown>

export interface PinoOptions {
  readonly level: string
  readonly base: Fields
  readonly timestamp: () => string
  readonly formatters: {
    readonly level: (label: string) => Fields
    readonly log: (fields: object) => Fields
    readonly bindings: (fields: object) => Fields
  }
}

export interface Sink {
  write(line: string): void
}

const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const
type Level = keyof typeof levels

type Say = (given: unknown, message?: string) => void

export type Logger = Readonly<Record<Level, Say>> & { child(bindings: Fields): Logger }

export function pino(options: PinoOptions, sink: Sink): Logger {
  const least = levels[options.level as Level] ?? Number.POSITIVE_INFINITY
  return loggerOf(options, sink, { least, bound: partOf(options.formatters.bindings(options.base)) })
}

function loggerOf(options: PinoOptions, sink: Sink, given: { least: number; bound: string }): Logger {
  const { formatters, timestamp } = options
  const sayAt = (level: Level): Say => {
    if (levels[level] < given.least) return () => {}
    const head = `{${partOf(formatters.level(level)).slice(1)}`
    return (first, message) => {
      const { fields, text } = understand(first, message)
      const part = fields === undefined ? '' : partOf(formatters.log(fields))
      const last = text === undefined ? '' : `,"msg":${JSON.stringify(text)}`
      sink.write(`${head}${timestamp()}${given.bound}${part}${last}}\n`)
    }
  }
  return {
    trace: sayAt('trace'),
    debug: sayAt('debug'),
    info: sayAt('info'),
    warn: sayAt('warn'),
    error: sayAt('error'),
    fatal: sayAt('fatal'),
    child: (bindings) =>
      loggerOf(options, sink, { ...given, bound: given.bound + partOf(formatters.bindings(bindings)) }),
  }
}

/** pino's three ways of calling: a text, fields with a text, an error. */
function understand(first: unknown, message: string | undefined): { fields?: object; text?: string | undefined } {
  if (first instanceof Error) return { fields: { err: first }, text: message ?? first.message }
  if (typeof first === 'object' && first !== null) return { fields: first, text: message }
  return { text: String(first) }
}

/** Fields as they stand within a line: `,"name":value` for each. */
function partOf(fields: Fields): string {
  const text = JSON.stringify(fields).slice(1, -1)
  return text === '' ? '' : `,${text}`
}
