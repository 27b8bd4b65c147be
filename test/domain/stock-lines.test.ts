import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Line, LineReader, lineBytesMax } from '../../domain/stock-lines.ts'

function readIn(file: Buffer, cuts: readonly number[]): Line[] {
  const reader = new LineReader()
  const lines: Line[] = []
  const ends = [...cuts.map((cut) => Math.min(cut, file.length)), file.length].toSorted((one, other) => one - other)
  let from = 0
  for (const end of ends) {
    // A copy that is spoilt afterwards: whoever reads a file in pieces uses their memory again.
    const piece = Buffer.from(file.subarray(from, end))
    lines.push(
      ...reader.read(piece).map((line) => ('bytes' in line ? { ...line, bytes: Buffer.from(line.bytes) } : line)),
    )
    piece.fill(0)
    from = end
  }
  return [...lines, ...reader.end()]
}

const shown = (lines: readonly Line[]) =>
  lines.map((line) => [line.number, 'bytes' in line ? line.bytes.toString('latin1') : line.trouble])

/** Bytes that lines are made of, and that cut them. */
const byte = fc.constantFrom(0x0a, 0x0d, 0x20, 0x09, 0x61, 0x62, 0x00, 0xc3, 0xa9, 0xef, 0xbb, 0xbf, 0xff)

test('however a file comes in pieces, its lines are the same', () => {
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 8 }), (bytes, cuts) => {
      const file = Buffer.from(bytes)
      expect(shown(readIn(file, cuts))).toEqual(shown(readIn(file, [])))
    }),
  )
})

test('every line of a file has its number, once', () => {
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
      const file = Buffer.from(bytes)
      const ends = bytes.filter((one) => one === 0x0a).length
      const count = ends + (bytes.length > 0 && bytes.at(-1) !== 0x0a ? 1 : 0)
      expect(readIn(file, []).map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, at) => at + 1))
    }),
  )
})

test('text lines come back as they were written, with either end', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((line) => !/\p{Cc}/u.test(line) && line.trim() !== '')
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (lines, end, isEnded) => {
        const file = Buffer.from(lines.join(end) + (isEnded ? end : ''))
        fc.pre(file[0] !== 0xef)
        const read = readIn(file, [])
        expect(read.map((line) => ('bytes' in line ? line.bytes.toString() : line.trouble))).toEqual(lines)
      },
    ),
  )
})

test('the longest line that may be is read, with its end in any form; one byte more is too long', () => {
  const longest = 'x'.repeat(lineBytesMax)
  for (const file of [`${longest}\r\n`, `\ufeff${longest}\r\n`, longest]) {
    expect(shown(readIn(Buffer.from(file), []))).toEqual([[1, longest]])
  }
  for (const file of [`x${longest}\n`, `x${longest}`, `${longest}${longest}${longest}\nb`]) {
    expect(shown(readIn(Buffer.from(file), []))[0]).toEqual([1, 'too_long'])
  }
})

test('a line without an end takes no more memory than a line may have', () => {
  const reader = new LineReader()
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let count = 0; count < 50; count += 1) expect(reader.read(piece)).toEqual([])
  expect(reader.read(Buffer.from('\nnext\n')).map(({ number }) => number)).toEqual([1, 2])
})
