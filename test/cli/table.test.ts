import { expect, test } from 'vitest'
import { renderTable } from '../../cli/table.ts'
import { escapeControls, padText, textWidth, truncateText, wrapText } from '../../cli/text-width.ts'

const plain = (text: string) => text

test('wide characters take two columns, combining marks none', () => {
  expect(textWidth('abc')).toBe(3)
  expect(textWidth('店铺')).toBe(4)
  expect(textWidth('かな')).toBe(4)
  expect(textWidth('한국')).toBe(4)
  expect(textWidth('ｆｕｌｌ')).toBe(8)
  expect(textWidth('e\u0301')).toBe(1)
  expect(textWidth('سَلام')).toBe(4)
  expect(textWidth('🛒')).toBe(2)
  expect(textWidth('👩‍👩‍👧')).toBe(2)
  expect(textWidth('a\u200bb')).toBe(2)
  expect(textWidth('Привет')).toBe(6)
})

test('truncation never exceeds the width and never splits a character', () => {
  expect(truncateText('abcdef', 4)).toBe('abc…')
  expect(truncateText('店铺机器人', 6)).toBe('店铺…')
  expect(truncateText('店铺', 4)).toBe('店铺')
  expect(truncateText('ab', 0)).toBe('')
  for (let width = 0; width < 12; width += 1) {
    expect(textWidth(truncateText('a店e\u0301🛒bcd', width))).toBeLessThanOrEqual(width)
  }
})

test('padding counts columns, not code units', () => {
  expect(padText('店', 4)).toBe('店  ')
  expect(padText('7', 3, 'right')).toBe('  7')
})

test('a text is broken between words, styles take no room, and a long word stays whole', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapText('\u001b[31mone\u001b[39m two three', 7)).toEqual(['\u001b[31mone\u001b[39m two', 'three'])
  expect(wrapText('a https://example.com b', 8)).toEqual(['a', 'https://example.com', 'b'])
  expect(wrapText('first line\nsecond', 80)).toEqual(['first line', 'second'])
  expect([wrapText('', 8), wrapText('as it is', Number.POSITIVE_INFINITY)]).toEqual([[''], ['as it is']])
})

test('control characters and bidirectional overrides are shown as escapes', () => {
  expect(escapeControls('a\u001b[31mred\nb\tc')).toBe('a\\u001b[31mred\\nb\\tc')
  expect(escapeControls('x\u202ey\u009b')).toBe('x\\u202ey\\u009b')
  expect(escapeControls('سلام 店 🛒')).toBe('سلام 店 🛒')
})

interface Row {
  id: string
  name: string
  extra: string
}

const columns = [
  { title: 'ID', text: (row: Row) => row.id },
  { title: 'NAME', text: (row: Row) => row.name, shrinkTo: 6 },
  { title: 'EXTRA', align: 'right' as const, text: (row: Row) => row.extra, dropOrder: 1 },
]
const rows: Row[] = [
  { id: 'a1', name: 'A name that is rather long', extra: '12' },
  { id: 'b2', name: '店铺\u001b[2J', extra: '3' },
]

test('a table that has room shows everything', () => {
  expect(renderTable(columns, rows, { width: 100, styleTitle: plain })).toBe(
    [
      'ID  NAME                        EXTRA',
      'a1  A name that is rather long     12',
      'b2  店铺\\u001b[2J                   3',
    ].join('\n'),
  )
})

test('a table first cuts what may be cut, then leaves columns out', () => {
  expect(renderTable(columns, rows, { width: 20, styleTitle: plain })).toBe(
    ['ID  NAME       EXTRA', 'a1  A name t…     12', 'b2  店铺\\u00…      3'].join('\n'),
  )
  expect(renderTable(columns, rows, { width: 12, styleTitle: plain })).toBe(
    ['ID  NAME', 'a1  A name …', 'b2  店铺\\u0…'].join('\n'),
  )
})

test('what must stay whole stays whole even where the line is too long', () => {
  expect(renderTable(columns, rows, { width: 3, styleTitle: plain }).split('\n')[1]).toBe('a1  A nam…')
})
