import { writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import { loggable } from './loggable.ts'
import { redactText } from './redact.ts'

export type Log = Logger

export interface LogOptions {
  readonly level: string
  /** Stands in every line as `name`. */
  readonly name: string
  /** Receives whole lines; standard error when left out. */
  readonly write?: (line: string) => void
}

/**
 * JSON lines in UTC, redacted twice: by name in the values, and by pattern on the finished line. A sink that cannot
 * write loses the line and nothing else: a full disk must not kill a bot.
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
      base: { name: options.name },
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: loggableFields,
        bindings: loggableFields,
      },
    },
    sink,
  )
}

/** Values whose own getters throw lose their line's fields, and not the program that logs them. */
function loggableFields(fields: object): Record<string, unknown> {
  try {
    return loggable({ ...fields }) as Record<string, unknown>
  } catch {
    return { fields: '[not loggable]' }
  }
}
