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
  /** Told after each line whether it was written: the error's code, or undefined when all is well. */
  readonly onWritten?: (trouble: string | undefined) => void
}

/**
 * JSON lines in UTC, redacted twice: by name in the values, and by pattern on the finished line. A sink that cannot
 * write loses the line and nothing else: a full disk must not kill a bot. When it can write again, the first line says
 * how many were lost.
 */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => writeWhole(2, line))
  let lost = 0
  const sink = {
    write: (line: string) => {
      let trouble: string | undefined
      try {
        if (lost > 0) write(lossLine(options.name, lost))
        lost = 0
        write(redactText(line))
      } catch (error) {
        lost += 1
        trouble = (error as NodeJS.ErrnoException).code ?? 'unknown'
      }
      options.onWritten?.(trouble)
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

/** Writes all of a line or throws: a disk that fills up takes a part of it first. */
export function writeWhole(fd: number, line: string): void {
  const bytes = Buffer.from(line)
  if (writeSync(fd, bytes) === bytes.length) return
  throw Object.assign(new Error('only a part of the line was written'), { code: 'ENOSPC' })
}

function lossLine(name: string, lost: number): string {
  const words = 'log lines could not be written: was the disk full?'
  return `${JSON.stringify({ level: 'warn', at: new Date().toISOString(), name, lost, msg: words })}\n`
}

/** Values whose own getters throw lose their line's fields, and not the program that logs them. */
function loggableFields(fields: object): Record<string, unknown> {
  try {
    return loggable({ ...fields }) as Record<string, unknown>
  } catch {
    return { fields: '[not loggable]' }
  }
}
