import { expect, test } from 'vitest'
import { readWhatsAppText } from '../../sandbox/whatsapp-text.ts'

test.each([
  [
    '*bold* and _slanted_ and ~gone~',
    'bold and slanted and gone',
    ['bold bold', 'italic slanted', 'strikethrough gone'],
  ],
  ['*both _of them_*', 'both of them', ['bold both of them', 'italic of them']],
  ['```a *star*``` and `b`', 'a *star* and b', ['code a *star*', 'code b']],
  ['one\n> two\n> *three*\nfour', 'one\ntwo\nthree\nfour', ['blockquote two\nthree', 'bold three']],
  ['2*3*4, * no *, a_b_c, *two\nlines*', '2*3*4, * no *, a_b_c, *two\nlines*', []],
])('%j is shown as a phone shows it', (source, text, spans) => {
  const read = readWhatsAppText(source)
  expect(read.text).toBe(text)
  const found = read.entities.map(({ type, offset, length }) => `${type} ${read.text.slice(offset, offset + length)}`)
  expect(found).toEqual(spans)
})
