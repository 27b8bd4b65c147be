/** An agent's markup as people write it. */
import { expect, test } from 'vitest'
import { formatPercent, markupWords, parseFixedMarkup, parsePercent } from '../../domain/markup.ts'

const troubleOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { details?: { trouble?: string } }).details?.trouble
  }
}

test.each([
  ['10', 1000n],
  ['0', 0n],
  ['2.5', 250n],
  ['0.05 %', 5n],
  ['12.50', 1250n],
  ['100000%', 10_000_000n],
])('%s percent is %s hundredths', (text, hundredths) => {
  expect(parsePercent(text)).toBe(hundredths)
})

test.each([
  ['-1', 'negative'],
  ['-0.5%', 'negative'],
  ['1.005', 'too_fine'],
  ['ten', 'not_a_number'],
  ['', 'not_a_number'],
  ['1e3', 'not_a_number'],
  ['100000.01', 'too_large'],
])('%s is no percentage: %s', (text, trouble) => {
  expect(troubleOf(() => parsePercent(text))).toBe(trouble)
})

test('a fixed markup has the digits of its currency and a limit', () => {
  expect(parseFixedMarkup('0.05', 'USDT')).toBe(50_000n)
  expect(troubleOf(() => parseFixedMarkup('0.0000001', 'USDT'))).toBe('too_fine')
  expect(troubleOf(() => parseFixedMarkup('0.5', 'IRR'))).toBe('too_fine')
  expect(troubleOf(() => parseFixedMarkup('-1', 'USDT'))).toBe('negative')
  expect(parseFixedMarkup('1000000', 'USDT')).toBe(1_000_000_000_000n)
  expect(troubleOf(() => parseFixedMarkup('1000000.000001', 'USDT'))).toBe('too_large')
})

test('a markup is said in words', () => {
  const fixed = { USDT: '0.05', IRR: '0' }
  expect(formatPercent(1250n)).toBe('12.5')
  expect(markupWords({ kind: 'percent', percent: '10', fixed })).toBe('10 %')
  expect(markupWords({ kind: 'fixed', percent: '10', fixed })).toBe('0.05 USDT per item')
  expect(markupWords({ kind: 'fixed', percent: '10', fixed: { USDT: '0', IRR: '0' } })).toBe('0 per item')
})
