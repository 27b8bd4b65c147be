import { expect, test } from 'vitest'
import { NotADocument, parseExtendedJson } from '../../domain/extended-json.ts'

test('numbers stay the text that they are in the file', () => {
  const text = '{"a":0.30000000000000004,"b":1e-07,"c":-12,"d":123456789012345678901234567890,"e":[1.10]}'
  expect(parseExtendedJson(text)).toEqual({
    a: '0.30000000000000004',
    b: '1e-07',
    c: '-12',
    d: '123456789012345678901234567890',
    e: ['1.10'],
  })
})

test.each([
  ['{"v":{"$oid":"65a0b1c2d3e4f5a6b7c8d9e0"}}', '65a0b1c2d3e4f5a6b7c8d9e0'],
  ['{"v":{"$numberInt":"7"}}', '7'],
  ['{"v":{"$numberLong":"9007199254740993"}}', '9007199254740993'],
  ['{"v":{"$numberDouble":"0.1"}}', '0.1'],
  ['{"v":{"$numberDecimal":"150.25"}}', '150.25'],
  ['{"v":{"$date":"2025-01-24T14:30:22.123Z"}}', '2025-01-24T14:30:22.123Z'],
  ['{"v":{"$date":"2025-01-24T14:30:22"}}', '2025-01-24T14:30:22.000Z'],
  ['{"v":{"$date":"2025-01-24T16:30:22.000+0200"}}', '2025-01-24T14:30:22.000Z'],
  ['{"v":{"$date":{"$numberLong":"1737729022000"}}}', '2025-01-24T14:30:22.000Z'],
  ['{"v":{"$date":1737729022000}}', '2025-01-24T14:30:22.000Z'],
  ['{"v":{"$undefined":true}}', null],
  ['{"v":true}', true],
])('%s is read as mongoexport means it', (text, value) => {
  expect(parseExtendedJson(text)).toEqual({ v: value })
})

test('an object that is no wrapper stays an object', () => {
  expect(parseExtendedJson('{"links":{"support_link":"@a"},"x":{"$oid":"1","more":2},"y":{"$other":1}}')).toEqual({
    links: { support_link: '@a' },
    x: { $oid: '1', more: '2' },
    y: { $other: '1' },
  })
})

test.each([
  ['{"token":"1234567:SECRET', 'it is'],
  ['[1]', 'no JSON object'],
  ['7', 'no JSON object'],
  ['{"v":{"$date":"no day"}}', 'dates is none'],
  ['{"v":{"$oid":["a"]}}', '$oid'],
])('%s is no document, and the reason does not quote it', (text, reason) => {
  expect(() => parseExtendedJson(text)).toThrow(NotADocument)
  expect(() => parseExtendedJson(text)).toThrow(reason)
  expect(() => parseExtendedJson(text)).not.toThrow('SECRET')
})
