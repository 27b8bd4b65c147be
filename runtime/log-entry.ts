import { stripVTControlCharacters } from 'node:util'
import { redactText } from './redact.ts'

/** The levels of a log, from the least to the gravest. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof logLevels)[number]

/** One line of a log as it is shown: without secrets, and without what would move a terminal's cursor. */
export interface LogEntry {
  /** ISO 8601 in UTC; null for a line that a library printed past the logger. */
  readonly at: string | null
  readonly level: LogLevel
  readonly message: string
  /** What was logged beside the message. */
  readonly fields: Record<string, unknown>
  /** It was too long to be shown whole. */
  readonly cut: boolean
}

const messageMax = 8000
const fieldsMax = 8000

/** A log line's object, or `{ text }` for a line that is none. */
export function parseLogLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {
    // Whatever a library printed past the logger.
  }
  return { text: line }
}

/** A line as it is shown to people who are not at this machine: redacted once more, cleaned, of bounded length. */
export function readLogEntry(line: string): LogEntry {
  const redacted = redactText(line)
  const { at, level, msg, name: _name, ...rest } = parseLogLine(redacted)
  const isOurs = typeof at === 'string' && !Number.isNaN(Date.parse(at))
  const words = isOurs ? msg : redacted
  const message = clean(typeof words === 'string' ? words : '')
  const fields = isOurs ? (cleanAll(rest) as Record<string, unknown>) : {}
  const isLong = JSON.stringify(fields).length > fieldsMax
  return {
    at: isOurs ? new Date(at).toISOString() : null,
    level: logLevels.find((known) => known === level) ?? 'info',
    message: message.slice(0, messageMax),
    fields: isLong ? {} : fields,
    cut: isLong || message.length > messageMax,
  }
}

/** Without ANSI sequences and control characters; lines of a stack stay lines. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what must not be there is what is looked for
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

function cleanAll(value: unknown): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map(cleanAll)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [clean(name), cleanAll(entry)]))
}
