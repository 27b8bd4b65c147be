import { parseLogLine } from '../runtime/log-entry.ts'
import { formatLocalStamp } from './format.ts'
import type { Output, Style } from './output.ts'
import { escapeControls } from './text-width.ts'

const levelStyles: Record<string, Style> = { warn: 'yellow', error: 'red', fatal: 'red', debug: 'dim', trace: 'dim' }

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
