import { fstatSync } from 'node:fs'
import { styleText } from 'node:util'
import { createLog, type Log, writeWhole } from '../runtime/log.ts'
import type { OutputStream } from './output.ts'

const colours: Record<string, 'red' | 'yellow' | 'dim'> = { error: 'red', fatal: 'red', warn: 'yellow', debug: 'dim' }

/**
 * The log of a server on stderr: JSON lines for programs, one readable line for a person at a terminal.
 */
export function createServerLog(stream: OutputStream, options: { level: string; name: string }): Log {
  return createLog({ ...options, write: writerOf(stream) })
}

function writerOf(stream: OutputStream): (line: string) => void {
  if (stream.isTTY === true) return (line) => void stream.write(readable(line, stream))
  const { fd } = stream as { readonly fd?: number }
  // A stream keeps to itself that the disk is full; the log wants to know what was lost.
  if (fd !== undefined && fstatSync(fd).isFile()) return (line) => writeWhole(fd, line)
  return (line) => void stream.write(line)
}

/** `14:03:05 name taken  server=server1 server_epoch=3` */
function readable(line: string, stream: OutputStream): string {
  const { at, level, name: _name, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>
  const time = new Date(String(at)).toLocaleTimeString(undefined, { hour12: false })
  const words = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const cause = typeof error === 'object' && error !== null ? `\n  ${String((error as { stack?: string }).stack)}` : ''
  const text = [time, String(msg), ...(words.length > 0 ? [` ${words.join(' ')}`] : [])].join(' ')
  const colour = colours[String(level)]
  const styled = colour === undefined ? text : styleText(colour, text, { stream })
  return `${styled}${cause}\n`
}
