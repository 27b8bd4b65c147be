/**
 * Reading log files that grow, are truncated by rotation (`x.log` is copied to `x.log.1`, then emptied) and are replaced
 * by a new worker's file, which carries the end of the old one along (orchestrator/place-log-file.ts). Lines are read by
 * their bytes, so a character that is half written is not broken.
 *
 * A place in a log is a file, told by how it begins whatever it is called by now, and an offset in it: it is still the same
 * place after a rotation. A file that begins alike and does not reach so far is another.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const blockBytes = 64 * 1024
const lookEveryMs = 200
const rotatedMax = 100
/** A line longer than this is handed on in pieces. */
const lineBytesMax = 1024 * 1024
/** What a file is told by: its first line, of which no more than this. */
const headBytes = 4096
const newline = 0x0a

export interface LogPlace {
  /** A digest of the file's first line. */
  readonly file: string
  readonly offset: number
}

export function formatPlace({ file, offset }: LogPlace): string {
  return `${file}.${offset}`
}

/** The place that `formatPlace` wrote; undefined for anything else. */
export function parsePlace(text: string): LogPlace | undefined {
  const [, file, offset] = /^([0-9a-f]{16})\.(\d{1,15})$/.exec(text) ?? []
  return file === undefined ? undefined : { file, offset: Number(offset) }
}

export interface LogLine {
  readonly text: string
  /** Where it begins; undefined in a file whose first line is still being written. */
  readonly place: LogPlace | undefined
}

/**
 * The lines of a log from its end, or from before a place, reaching back into its rotated files. A place that is in none
 * of them is older than all, and so there are no lines before it.
 */
export async function* linesBackward(path: string, before?: LogPlace): AsyncGenerator<LogLine> {
  let until = before
  for (let number = 0; number <= rotatedMax; number += 1) {
    const file = await openIfThere(nameOf(path, number))
    // A log that was just rotated may be missing for a moment; the older files are still worth reading.
    if (file === undefined && number > 0) return
    if (file === undefined) continue
    try {
      const own = await fingerprintOf(file)
      if (until !== undefined && !(await holds(file, until))) continue
      const end = until?.offset ?? (await file.stat()).size
      until = undefined
      for await (const { text, offset } of linesOfFile(file, end)) {
        yield { text, place: own === undefined ? undefined : { file: own, offset } }
      }
    } finally {
      await file.close()
    }
  }
}

/** The last `count` lines of a log, reaching back into its rotated files; fewer when there are not so many. */
export async function readLastLines(path: string, count: number): Promise<string[]> {
  const lines: string[] = []
  if (count > 0) {
    for await (const { text } of linesBackward(path)) if (lines.push(text) === count) break
  }
  return lines.reverse()
}

/** Where a log ends now: after its last whole line. Undefined when it has none. */
export async function findEnd(path: string): Promise<LogPlace | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const own = await fingerprintOf(file)
    const { size } = await file.stat()
    if (own === undefined) return undefined
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    if (buffer[0] === newline) return { file: own, offset: size }
    for await (const { offset } of linesOfFile(file, size)) return { file: own, offset }
    return undefined
  } finally {
    await file.close()
  }
}

export interface AddedLines {
  readonly lines: readonly string[]
  /** From where to read on; undefined while there is nothing. */
  readonly place: LogPlace | undefined
  /** There is more to be read at once. */
  readonly isMore: boolean
  /** The place is in no file any more: what was written after it and is gone was skipped. */
  readonly isSkipped: boolean
}

/**
 * The whole lines after a place, or of the present file from its beginning, up to about `bytesMax` of them.
 */
export async function readAddedLines(
  path: string,
  after: LogPlace | undefined,
  bytesMax = 4 * blockBytes,
): Promise<AddedLines> {
  const found = after === undefined ? 0 : ((await findFile(path, after)) ?? (await findFile(path, after)))
  const lines: string[] = []
  let place = found === undefined ? undefined : after
  let left = bytesMax
  for (let number = found ?? 0; number >= 0 && left > 0; number -= 1) {
    const file = await openIfThere(nameOf(path, number))
    if (file === undefined) continue
    try {
      const own = await fingerprintOf(file)
      if (own === undefined) continue
      const from = number === found && place?.file === own ? place.offset : 0
      const offset = await readForward(file, from, { bytesMax: left, onLine: (line) => lines.push(line) })
      left -= offset - from
      place = { file: own, offset }
    } finally {
      await file.close()
    }
  }
  return { lines, place, isMore: left <= 0, isSkipped: found === undefined }
}

/**
 * Hands on every line that is added to a log from now on, through truncation and replacement, until the signal aborts.
 * A file that is not there yet is waited for.
 */
export async function followLines(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  let place = await findEnd(path)
  while (!signal.aborted) {
    const added = await readAddedLines(path, place)
    place = added.place
    for (const line of added.lines) onLine(line)
    if (!added.isMore) await delay(lookEveryMs, undefined, { signal }).catch(() => {})
  }
}

function nameOf(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`
}

/** The number of the rotated file that a place is in; undefined when it is in none. */
async function findFile(path: string, place: LogPlace): Promise<number | undefined> {
  for (let number = 0; number <= rotatedMax; number += 1) {
    const file = await openIfThere(nameOf(path, number))
    if (file === undefined && number > 0) return undefined
    if (file === undefined) continue
    try {
      if (await holds(file, place)) return number
    } finally {
      await file.close()
    }
  }
  return undefined
}

async function holds(file: FileHandle, place: LogPlace): Promise<boolean> {
  return (await fingerprintOf(file)) === place.file && (await file.stat()).size >= place.offset
}

/** Undefined while the first line is being written. */
async function fingerprintOf(file: FileHandle): Promise<string | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(newline)
  if (end === -1 && bytesRead < headBytes) return undefined
  const head = buffer.subarray(0, end === -1 ? headBytes : end)
  return createHash('sha256').update(head).digest('hex').slice(0, 16)
}

/** The lines of one file, backwards from an offset. */
async function* linesOfFile(file: FileHandle, end: number): AsyncGenerator<{ text: string; offset: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let start = end
  let isAtEnd = true
  while (start > 0) {
    const length = Math.min(blockBytes, start)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start - length)
    // It was truncated meanwhile: what stood here is in the next older file.
    if (bytesRead < length) return
    start -= length
    rest = Buffer.concat([buffer, rest])
    for (let at = rest.lastIndexOf(newline); at !== -1; at = rest.lastIndexOf(newline)) {
      if (!(isAtEnd && at === rest.length - 1)) yield lineAt(rest, at + 1, start)
      isAtEnd = false
      rest = rest.subarray(0, at)
    }
    if (rest.length > lineBytesMax) {
      yield lineAt(rest, 0, start)
      rest = Buffer.alloc(0)
      isAtEnd = true
    }
  }
  if (rest.length > 0 || (end > 0 && !isAtEnd)) yield lineAt(rest, 0, 0)
}

function lineAt(bytes: Buffer, from: number, base: number): { text: string; offset: number } {
  return { text: bytes.subarray(from).toString('utf8'), offset: base + from }
}

/** Reads whole lines on from an offset, about `bytesMax` of them; returns the offset after the last of them. */
async function readForward(
  file: FileHandle,
  from: number,
  { bytesMax, onLine }: { readonly bytesMax: number; readonly onLine: (line: string) => void },
): Promise<number> {
  let offset = from
  let rest: Buffer = Buffer.alloc(0)
  while (offset - from < bytesMax) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, offset + rest.length)
    if (bytesRead === 0) break
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    for (let at = rest.indexOf(newline); at !== -1; at = rest.indexOf(newline)) {
      onLine(rest.subarray(0, at).toString('utf8'))
      rest = rest.subarray(at + 1)
      offset += at + 1
    }
    if (rest.length > lineBytesMax) {
      onLine(rest.toString('utf8'))
      offset += rest.length
      rest = Buffer.alloc(0)
    }
  }
  return offset
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
