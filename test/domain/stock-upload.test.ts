import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine, parseCsv } from '../../domain/csv.ts'
import { endOf, startOf } from '../../domain/moment.ts'
import { parseSignedAmount } from '../../domain/money.ts'
import { unitsOf } from '../../domain/stock-upload.ts'

describe('a table', () => {
  it('that was written is read again, but for what keeps spreadsheets from calculating', () => {
    const cell = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .filter((text) => !/^[\s\p{Cc}]*[=+\-@＋－＝＠]/u.test(text))
    const records = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 })
    fc.assert(
      fc.property(records, (table) => {
        expect(parseCsv(table.map((record) => csvLine(record)).join(''))).toEqual(table)
      }),
    )
  })

  it.each([
    ['', []],
    ['a', [['a']]],
    ['a,', [['a', '']]],
    ['a\n\nb\r', [['a'], ['b']]],
    ['""\n', [['']]],
    ['a,"b\r\nc""d"', [['a', 'b\r\nc"d']]],
  ])('%j is %j', (text, records) => {
    expect(parseCsv(text)).toEqual(records)
  })

  it.each(['a"b', '"a', '"a"b'])('%j is refused', (text) => {
    expect(() => parseCsv(text)).toThrow('stray quote')
  })
})

describe('units of an upload', () => {
  it('are the lines as they stand, a column, or JSON documents', () => {
    expect(unitsOf('lines', 'a,b\r\n').toString()).toBe('a,b\r\n')
    expect(unitsOf('csv', '\uFEFFcontent,x\n one ,2\n,3\n').toString()).toBe(' one \n\n')
    expect(unitsOf('jsonl', '\uFEFF"one"\n\n{"content":"two"}').toString()).toBe('one\n\ntwo\n')
  })

  it('are never two where one was meant', () => {
    expect(() => unitsOf('jsonl', '"ok"\n"a\\nb"')).toThrow('record 2 has several lines')
    expect(() => unitsOf('jsonl', '{"content":5}')).toThrow('line 1 is neither')
  })
})

describe('a moment', () => {
  it('is a day, which is included, or a time', () => {
    expect(startOf('2026-03-01', 'since')?.toISOString()).toBe('2026-03-01T00:00:00.000Z')
    expect(endOf('2026-03-01', 'until')?.toISOString()).toBe('2026-03-02T00:00:00.000Z')
    expect(endOf('2026-03-01T14:00Z', 'until')?.toISOString()).toBe('2026-03-01T14:00:00.000Z')
    for (const text of ['yesterday', '2026-13-01', '2026-03-01T14:00', '2026']) {
      expect(() => startOf(text, 'since')).toThrow('since is a day')
    }
  })
})

describe('an amount with a sign', () => {
  it('has at most one', () => {
    expect(parseSignedAmount('5', 'USDT')).toBe(5_000_000n)
    expect(parseSignedAmount(' -2.5 ', 'USDT')).toBe(-2_500_000n)
    for (const text of ['--5', '- 5x', '+5', '', '-']) expect(() => parseSignedAmount(text, 'USDT')).toThrow()
  })
})
