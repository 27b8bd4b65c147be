/**
 * A file of goods, one unit a line: cut into lines however it arrives, each judged by itself. A byte order mark, either
 * end of line, and a last line without one are fine; white space belongs to the goods.
 */
import { isUtf8 } from 'node:buffer'

/** The longest unit that is a line; longer goods are a file. */
export const lineBytesMax = 8192
/** The largest file of lines, and the largest file that is a unit. */
export const linesBytesMax = 64 * 1024 * 1024
export const fileBytesMax = 5 * 1024 * 1024

/** Why a line is no unit; `repeated` and `in_stock` are found when it is compared with the others. */
export type LineTrouble = 'blank' | 'too_long' | 'not_utf8' | 'control_characters' | 'repeated' | 'in_stock'

/** The same for people. */
export const troubleWords: Readonly<Record<LineTrouble, string>> = {
  blank: 'blank',
  too_long: `longer than ${lineBytesMax} bytes`,
  not_utf8: 'not UTF-8',
  control_characters: 'with control characters',
  repeated: 'there twice',
  in_stock: 'in stock already, or sold',
}

/** The bytes of a line are a part of the piece it came in. */
export type Line =
  | { readonly number: number; readonly bytes: Buffer }
  | { readonly number: number; readonly trouble: LineTrouble }

const newline = 0x0a
const carriageReturn = 0x0d
/** All but the tab. */
const controlCharacter = /[^\P{Cc}\t]/u
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Takes a file piece by piece; never keeps more of a line than it may have. */
export class LineReader {
  #number = 0
  /** The line that has not ended yet, as far as it may be kept. */
  #rest: Buffer = Buffer.alloc(0)
  #isTooLong = false

  /** The lines that this piece ends. */
  read(piece: Uint8Array): Line[] {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    const lines: Line[] = []
    let from = 0
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
      this.#keep(bytes.subarray(from, at))
      lines.push(this.#endLine())
      from = at + 1
    }
    // A copy: the piece is its owner's to use again.
    this.#keep(Buffer.from(bytes.subarray(from)))
    return lines
  }

  /** The last line, when the file does not end with one. */
  end(): Line[] {
    return this.#rest.length === 0 && !this.#isTooLong ? [] : [this.#endLine()]
  }

  #keep(bytes: Buffer): void {
    if (this.#isTooLong || bytes.length === 0) return
    // One for a carriage return, which belongs to the end of the line; three for a byte order mark.
    if (this.#rest.length + bytes.length > lineBytesMax + 1 + byteOrderMark.length) {
      this.#isTooLong = true
      this.#rest = Buffer.alloc(0)
      return
    }
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
  }

  #endLine(): Line {
    this.#number += 1
    const line = judge(this.#number, this.#rest, this.#isTooLong)
    this.#rest = Buffer.alloc(0)
    this.#isTooLong = false
    return line
  }
}

function judge(number: number, whole: Buffer, isTooLong: boolean): Line {
  if (isTooLong) return { number, trouble: 'too_long' }
  const from = number === 1 && whole.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0
  const to = whole.at(-1) === carriageReturn ? whole.length - 1 : whole.length
  const bytes = whole.subarray(from, to)
  if (bytes.length > lineBytesMax) return { number, trouble: 'too_long' }
  if (!isUtf8(bytes)) return { number, trouble: 'not_utf8' }
  const text = bytes.toString('utf8')
  if (controlCharacter.test(text)) return { number, trouble: 'control_characters' }
  return text.trim() === '' ? { number, trouble: 'blank' } : { number, bytes }
}
