import { writeSync } from 'node:fs'
import { type Logger, pino, stdSerializers } from 'pino'
import { redactText } from './redact.ts'

export type Log = Logger

const secretPaths = ['password', 'token', 'credential', 'authorization', 'secret', 'apiHash', 'api_hash', 'workerToken']
const redactedPaths = secretPaths.flatMap((path) => [path, `*.${path}`, `*.*.${path}`])

export interface LogOptions {
  readonly level: string
  /** Stands in every line as `name`. */
  readonly name: string
  /** Receives whole lines; standard error when left out. */
  readonly write?: (line: string) => void
}

/**
 * JSON lines in UTC, redacted twice: by path, and by pattern on the finished line. A sink that cannot write loses the
 * line and nothing else: a full disk must not kill a bot.
 */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => writeSync(2, line))
  const sink = {
    write: (line: string) => {
      try {
        write(redactText(line))
      } catch {
        // Nowhere left to say it.
      }
    },
  }
  return pino(
    {
      level: options.level,
      name: options.name,
      base: null,
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      serializers: { error: serializeError },
    },
    sink,
  )
}

/** Only an error's own words and place: never the objects that clients hang on their errors. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? '[not an error]' : error
  const { type, message, stack } = stdSerializers.err(error)
  return {
    type,
    message,
    stack,
    ...(error.cause === undefined
      ? {}
      : { cause: error.cause instanceof Error ? error.cause.message : '[not an error]' }),
  }
}
