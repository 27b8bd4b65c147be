/**
 * Reading log files that grow, are truncated by rotation (`x.log` is copied to `x.log.1`, then emptied) and are
 * replaced by a new worker's file. Lines are read by their bytes, so a character that is half written is not broken.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const blockBytes = 64 * 1024
const lookEveryMs = 200
const rotatedMax = 100
/** A line longer than this is handed on in pieces. */
const lineBytesMax = 1024 * 1024
const newline = 0x0a

/** The last `count` lines of a log, reaching back into its rotated files; fewer when there are not so many. */
export async function readLastLines(path: string, count: number): Promise<string[]> {
  let lines: string[] = []
  for (let number = 0; number <= rotatedMax && lines.length < count; number += 1) {
    const older = await readTail(number === 0 ? path : `${path}.${number}`, count - lines.length)
    // A log that was just rotated may be missing for a moment; the older files are still worth reading.
    if (older === undefined && number > 0) break
    lines = [...(older ?? []), ...lines]
  }
  return lines
}

/**
 * Hands on every line that is added to a log from now on, through truncation and replacement, until the signal aborts.
 * A file that is not there yet is waited for.
 */
export async function followLines(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  const follower = new Follower(path, onLine)
  try {
    await follower.start()
    while (!signal.aborted) {
      await follower.look()
      await delay(lookEveryMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    await follower.close()
  }
}

class Follower {
  readonly #path: string
  readonly #onLine: (line: string) => void
  #file: FileHandle | undefined
  #inode: number | undefined
  #position = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path
    this.#onLine = onLine
  }

  /** Begins at the present end: what stands there was printed already. */
  async start(): Promise<void> {
    await this.#reopen()
    if (this.#file !== undefined) this.#position = (await this.#file.stat()).size
  }

  async look(): Promise<void> {
    await this.#drain()
    if ((await inodeOf(this.#path)) !== this.#inode) {
      // The old file is read to its end before the new one's beginning.
      await this.#drain()
      await this.#reopen()
      await this.#drain()
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #reopen(): Promise<void> {
    const next = await openIfThere(this.#path)
    if (next === undefined) return
    await this.#file?.close()
    this.#file = next
    this.#inode = (await next.stat()).ino
    this.#position = 0
    this.#rest = Buffer.alloc(0)
  }

  async #drain(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    const { size } = await file.stat()
    if (size < this.#position) {
      this.#position = 0
      this.#rest = Buffer.alloc(0)
    }
    for (;;) {
      const block = Buffer.alloc(blockBytes)
      const { bytesRead } = await file.read(block, 0, blockBytes, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      this.#take(block.subarray(0, bytesRead))
    }
  }

  #take(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes])
    let from = 0
    for (let at = all.indexOf(newline); at !== -1; at = all.indexOf(newline, from)) {
      this.#onLine(all.subarray(from, at).toString('utf8'))
      from = at + 1
    }
    this.#rest = all.subarray(from)
    if (this.#rest.length > lineBytesMax) {
      this.#onLine(this.#rest.toString('utf8'))
      this.#rest = Buffer.alloc(0)
    }
  }
}

/** The last lines of one file, read backwards in blocks; undefined when there is no such file. */
async function readTail(path: string, count: number): Promise<string[] | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const blocks: Buffer[] = []
    let position = (await file.stat()).size
    let newlines = 0
    while (position > 0 && newlines <= count) {
      const length = Math.min(blockBytes, position)
      position -= length
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
      const block = buffer.subarray(0, bytesRead)
      newlines += countNewlines(block)
      blocks.unshift(block)
    }
    const lines = Buffer.concat(blocks).toString('utf8').split('\n')
    if (lines.at(-1) === '') lines.pop()
    return count === 0 ? [] : lines.slice(-count)
  } finally {
    await file.close()
  }
}

function countNewlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1
  return count
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    return (await file.stat()).ino
  } finally {
    await file.close()
  }
}
