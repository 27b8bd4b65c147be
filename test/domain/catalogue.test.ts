import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  numberedProductId,
  parseDescription,
  parseLine,
  parseProductId,
  pictureTypeOf,
  productIdFrom,
} from '../../domain/catalogue.ts'
import { csvLine } from '../../domain/csv.ts'

describe('ids of products', () => {
  test.each([
    ['VPN, 1 month', 'vpn-1-month'],
    ['  Crème brûlée  ', 'creme-brulee'],
    ['کارت هدیه', 'item'],
    ['کارت 50 USDT', '50-usdt'],
    ['a'.repeat(29) + ' b', 'a'.repeat(29)],
    ['--x--', 'x'],
  ])('of %s is %s', (name, id) => {
    expect(productIdFrom(name)).toBe(id)
  })

  test('of any name is one that is allowed, whatever its number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 1000 }), (name, number) => {
        const id = numberedProductId(productIdFrom(name), number)
        expect(parseProductId(id)).toBe(id)
        if (number > 1) expect(id).toMatch(new RegExp(`-${number}$`))
      }),
    )
  })

  test.each(['', 'A', '-a', 'a b', 'a'.repeat(31), "a'"])('%j is refused', (id) => {
    expect(() => parseProductId(id)).toThrow("a product's id")
  })
})

describe('texts', () => {
  test('a name is one line; a description is lines of text', () => {
    expect(parseLine('  VPN ', 'a name', 5)).toBe('VPN')
    for (const name of ['', '   ', 'a\nb', 'a\u0000', 'abcdef']) {
      expect(() => parseLine(name, 'a name', 5)).toThrow('a name is one line of 1 to 5 characters')
    }
    expect(parseDescription(' one\r\ntwo\tthree \n')).toBe('one\ntwo\tthree')
    expect(parseDescription('')).toBe('')
    for (const text of ['a\u0007', 'x'.repeat(3001)]) expect(() => parseDescription(text)).toThrow('a description')
  })
})

describe('pictures', () => {
  const png = Buffer.from('89504e470d0a1a0a00', 'hex')
  test.each([
    ['image/png', png],
    ['image/jpeg', Buffer.from('ffd8ffe0', 'hex')],
    ['image/webp', Buffer.from('RIFF....WEBPVP8 ')],
  ])('%s is known by its first bytes', (type, bytes) => {
    expect(pictureTypeOf(bytes)).toBe(type)
  })

  test.each([
    ['an empty file', Buffer.alloc(0)],
    ['a text', Buffer.from('<svg onload=alert(1)>')],
    ['a GIF', Buffer.from('GIF89a')],
    ['half a PNG', png.subarray(0, 7)],
    ['another RIFF', Buffer.from('RIFF....WAVE')],
  ])('%s is none', (_name, bytes) => {
    expect(() => pictureTypeOf(bytes)).toThrow('no JPEG, PNG or WebP')
  })

  test('more than 5 MB are refused', () => {
    expect(pictureTypeOf(Buffer.concat([png, Buffer.alloc(5 * 1024 * 1024 - png.length)]))).toBe('image/png')
    const large = Buffer.concat([png, Buffer.alloc(5 * 1024 * 1024 - png.length + 1)])
    expect(() => pictureTypeOf(large)).toThrow('at most 5 MB')
  })
})

describe('CSV', () => {
  test('quotes what needs it, and nothing is a formula', () => {
    expect(csvLine(['a', 1, null, 'x,y', 'say "hi"', 'two\nlines'])).toBe('a,1,,"x,y","say ""hi""","two\nlines"\r\n')
    for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\u0000=1', '＝1']) {
      expect(csvLine([cell]).replace(/^"/, '')).toMatch(/^'/)
    }
    expect(csvLine(['a=1', 'user@mail.example'])).toBe('a=1,user@mail.example\r\n')
  })

  test('a reader of CSV gets every cell back, but for the apostrophe of what would be a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (cells) => {
        const read = readCsvLine(csvLine(cells))
        expect(read).toHaveLength(cells.length)
        for (const [at, cell] of read.entries()) expect([cells[at], `'${cells[at]}`]).toContain(cell)
        for (const cell of read) expect(cell).not.toMatch(/^\s*[=+\-@]/)
      }),
    )
  })
})

/** RFC 4180, as any spreadsheet reads it. */
function readCsvLine(line: string): string[] {
  const cells: string[] = []
  let at = 0
  for (;;) {
    let cell = ''
    if (line[at] === '"') {
      for (at += 1; line[at] !== '"' || line[at + 1] === '"'; at += 1) {
        if (line[at] === '"') at += 1
        cell += line[at]
      }
      at += 1
    } else {
      for (; line[at] !== ',' && line[at] !== '\r'; at += 1) cell += line[at]
    }
    cells.push(cell)
    if (line[at] === '\r') return cells
    at += 1
  }
}
