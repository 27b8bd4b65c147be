/** Pages of a log as people read them: the newest lines, those before a place, those after one; searched where wanted. */
import { type LogEntry, type LogLevel, logLevels, readLogEntry } from './log-entry.ts'
import { findEnd, formatPlace, type LogPlace, linesBackward, parsePlace, readAddedLines } from './log-file.ts'

/** How much of a log one page looks through, and how much it holds. */
const lookedBytesMax = 8 * 1024 * 1024
const heldBytesMax = 512 * 1024

export interface LogQuery {
  readonly lines: number
  /** A place that an earlier page named: the lines before it. */
  readonly before?: string | undefined
  /** A place that an earlier page named, or `start`: the lines after it, oldest first, none of which is left out. */
  readonly after?: string | undefined
  /** A part of the line, whatever its case. */
  readonly q?: string | undefined
  /** This level and what is graver. */
  readonly level?: LogLevel | undefined
}

export interface LogPage {
  /** Oldest first. */
  readonly lines: readonly LogEntry[]
  /** Where the page before this one ends; null when there is nothing older. */
  readonly before: string | null
  /** Where this page ends; null while nothing was logged. */
  readonly after: string | null
  /** After `after`: lines that were rotated away were left out. */
  readonly skipped: boolean
}

/** Reads a page of a log file. A search that found less than wanted may go on at `before`. */
export async function readLogPage(path: string, query: LogQuery): Promise<LogPage> {
  return query.after === undefined ? readBackward(path, query) : readForward(path, query)
}

async function readBackward(path: string, query: LogQuery): Promise<LogPage> {
  const end = query.before === undefined ? await findEnd(path) : parsePlace(query.before)
  const lines: LogEntry[] = []
  let reached: LogPlace | undefined
  let looked = 0
  let held = 0
  let isOver = true
  // The first page shows a line that is still being written, too.
  for await (const { text, place } of linesBackward(path, query.before === undefined ? undefined : end)) {
    if (lines.length >= query.lines || looked > lookedBytesMax || held > heldBytesMax) {
      isOver = false
      break
    }
    reached = place ?? reached
    looked += text.length + 1
    const entry = readLogEntry(text)
    if (!matches(entry, text, query)) continue
    lines.push(entry)
    held += Math.min(text.length, 16_000)
  }
  return {
    lines: lines.reverse(),
    before: isOver || reached === undefined ? null : formatPlace(reached),
    after: end === undefined ? null : formatPlace(end),
    skipped: false,
  }
}

async function readForward(path: string, query: LogQuery): Promise<LogPage> {
  const after = parsePlace(query.after ?? 'start')
  const added = await readAddedLines(path, after, heldBytesMax / 2)
  const lines = added.lines.flatMap((text) => {
    const entry = readLogEntry(text)
    return matches(entry, text, query) ? [entry] : []
  })
  return {
    lines,
    before: null,
    after: added.place === undefined ? null : formatPlace(added.place),
    skipped: added.isSkipped,
  }
}

/** What is searched is what is shown: nobody finds a secret out by guessing at it. */
function matches(entry: LogEntry, text: string, { q, level }: LogQuery): boolean {
  if (level !== undefined && logLevels.indexOf(entry.level) < logLevels.indexOf(level)) return false
  if (q === undefined || q === '') return true
  // Most lines do not have it at all; of a redacted line more is looked at.
  const wanted = q.toLowerCase()
  if (!text.toLowerCase().includes(wanted) && !text.includes('\\')) return false
  return `${entry.message} ${JSON.stringify(entry.fields)}`.toLowerCase().includes(wanted)
}
