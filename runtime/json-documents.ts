/**
 * Reads the documents of a file as mongoexport writes them: one JSON object a line, or one array of them (`--jsonArray`),
 * or either of them `--pretty`. The file is never in memory as a whole.
 */
import { createReadStream } from 'node:fs'
import type { FileDocument } from '../domain/extended-json.ts'

/** Twice what MongoDB lets a document be, since JSON is longer than BSON. */
const bytesMax = 32 * 1024 * 1024

const newline = 0x0a
const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
/** Space, tab, CR, LF, comma and the brackets of the array around the documents. */
const between = new Set([0x20, 0x09, 0x0d, newline, 0x2c, 0x5b, 0x5d])

/** The documents of a file with the lines on which they begin; `signal` ends the reading. */
export async function* readJsonDocuments(path: string, signal: AbortSignal): AsyncGenerator<FileDocument> {
  let split: Splitter | undefined
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
    const bytes = withoutMark(chunk as Buffer, split === undefined)
    if (split === undefined && isBlank(bytes)) continue
    split ??= beginsWithLineOfJson(bytes) ? new LineSplitter() : new ObjectSplitter()
    yield* split.feed(bytes)
    if (split.hasEnded) return
  }
  if (split !== undefined) yield* split.end()
}

interface Splitter {
  readonly hasEnded: boolean
  feed(bytes: Buffer): Generator<FileDocument>
  end(): Generator<FileDocument>
}

function withoutMark(bytes: Buffer, isFirst: boolean): Buffer {
  return isFirst && bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes
}

function isBlank(bytes: Buffer): boolean {
  return bytes.toString('latin1').trim() === ''
}

/** Whether the first line holds a document, or a part that is meant to be one; not `[`, and not the `{` of a pretty one. */
function beginsWithLineOfJson(bytes: Buffer): boolean {
  const [first = ''] = bytes.subarray(0, 4096).toString('latin1').trimStart().split('\n')
  return !first.startsWith('[') && first.trimEnd() !== '{'
}

/** One document a line; a broken one costs its own line only. */
class LineSplitter implements Splitter {
  readonly hasEnded = false
  #line = 1
  readonly #rest = new Rest();

  *feed(bytes: Buffer): Generator<FileDocument> {
    let from = 0
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
      this.#rest.add(bytes.subarray(from, at))
      yield* this.end()
      this.#line += 1
      from = at + 1
    }
    this.#rest.add(bytes.subarray(from))
  }

  *end(): Generator<FileDocument> {
    const { text, isTooLong } = this.#rest.take()
    if (isTooLong) yield { line: this.#line, trouble: tooLong }
    else if (text.trim() !== '') yield { line: this.#line, text }
  }
}

/** Objects one after the other, wherever the lines end: braces are counted, those in texts are not. */
class ObjectSplitter implements Splitter {
  hasEnded = false
  #line = 1
  #beganOn = 1
  #depth = 0
  #inText = false
  #escaped = false
  readonly #rest = new Rest();

  *feed(bytes: Buffer): Generator<FileDocument> {
    let from = this.#depth > 0 ? 0 : -1
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === newline) this.#line += 1
      if (this.#depth === 0) {
        if (between.has(byte)) continue
        if (byte !== openBrace) {
          this.hasEnded = true
          yield { line: this.#line, trouble: 'there is something else than JSON objects here' }
          return
        }
        this.#depth = 1
        this.#beganOn = this.#line
        from = at
      } else if (this.#closes(byte)) {
        this.#rest.add(bytes.subarray(from, at + 1))
        from = -1
        const { text, isTooLong } = this.#rest.take()
        yield isTooLong ? { line: this.#beganOn, trouble: tooLong } : { line: this.#beganOn, text }
      }
    }
    if (from !== -1) this.#rest.add(bytes.subarray(from))
  }

  *end(): Generator<FileDocument> {
    if (this.#depth > 0) yield { line: this.#beganOn, trouble: 'the file ends inside this document' }
  }

  /** Takes the next byte of an object; whether it was its last. */
  #closes(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false
      else if (byte === backslash) this.#escaped = true
      else if (byte === quote) this.#inText = false
    } else if (byte === quote) this.#inText = true
    else if (byte === openBrace) this.#depth += 1
    else if (byte === closeBrace) this.#depth -= 1
    return this.#depth === 0
  }
}

const tooLong = `this document is longer than ${bytesMax / 1024 / 1024} MiB`

/** The parts of a document that came in several chunks; what is too long is not kept. */
class Rest {
  #parts: Buffer[] = []
  #bytes = 0

  add(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes > bytesMax) this.#parts = []
    else if (part.length > 0) this.#parts.push(part)
  }

  take(): { text: string; isTooLong: boolean } {
    const taken = { text: Buffer.concat(this.#parts).toString('utf8'), isTooLong: this.#bytes > bytesMax }
    this.#parts = []
    this.#bytes = 0
    return taken
  }
}
