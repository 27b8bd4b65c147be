import { formatLocalStamp } from './format.ts'
import type { Output, Style } from './output.ts'
import { escapeControls } from './text-width.ts'

const levelStyles: Record<string, Style> = { warn: 'yellow', error: 'red', fatal: 'red', debug: 'dim', trace: 'dim' }

/** A log line as JSON shows it: the object that was logged, or `{ text }` for a line that is none. */
export function parseLogLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {
    // Whatever a library printed past the logger.
  }
  return { text: line }
}

/** A log line for people: local time, level, message, and the rest as `key=value`. */
export function renderLogLine(output: Output, line: string): string {
  const { at, level, msg, name: _name, ...rest } = parseLogLine(line)
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return escapeControls(line)
  const word = typeof level === 'string' ? level : 'info'
  const style = levelStyles[word]
  const padded = escapeControls(word).padEnd(5)
  const parts = Object.entries(rest).map(([key, value]) => `${escapeControls(key)}=${valueOf(value)}`)
  return [
    output.style('dim', formatLocalStamp(at)),
    style === undefined ? padded : output.style(style, padded),
    ...(typeof msg === 'string' ? [escapeControls(msg)] : []),
    ...(parts.length === 0 ? [] : [output.style('dim', parts.join(' '))]),
  ].join(' ')
}

function valueOf(value: unknown): string {
  return escapeControls(typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value))
}
