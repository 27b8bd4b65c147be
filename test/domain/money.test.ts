import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Currency, currencies, formatAmount, markupOf, parseAmount } from '../../domain/money.ts'

const currency = fc.constantFrom(...(Object.keys(currencies) as Currency[]))
const amount = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })

describe('an amount', () => {
  test('is read back as it was written', () => {
    fc.assert(fc.property(amount, currency, (value, code) => parseAmount(formatAmount(value, code), code) === value))
  })

  test('is written with no zeros that say nothing', () => {
    fc.assert(
      fc.property(amount, currency, (value, code) => {
        expect(formatAmount(value, code)).toMatch(/^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/)
      }),
    )
  })

  test.for([
    ['10.05', 10_050_000n],
    ['0.000001', 1n],
    [' 7 ', 7_000_000n],
    ['007.50', 7_500_000n],
    ['1.1000000000', 1_100_000n],
    ['0', 0n],
    ['9223372036854.775807', 2n ** 63n - 1n],
  ] as const)('%s USDT is %d', ([text, value]) => {
    expect(parseAmount(text, 'USDT')).toBe(value)
  })

  test.for([
    ['ten', 'not_a_number'],
    ['', 'not_a_number'],
    ['1e3', 'not_a_number'],
    ['1,000', 'not_a_number'],
    ['.5', 'not_a_number'],
    ['5.', 'not_a_number'],
    ['٣', 'not_a_number'],
    ['0x10', 'not_a_number'],
    ['-1', 'negative'],
    ['0.0000001', 'too_fine'],
    ['9223372036854.775808', 'too_large'],
  ] as const)('"%s" is refused as %s', ([text, trouble]) => {
    expect(() => parseAmount(text, 'USDT')).toThrow(expect.objectContaining({ details: { trouble } }))
  })

  test('rial has no digits behind the point', () => {
    expect(parseAmount('1500', 'IRR')).toBe(1500n)
    expect(() => parseAmount('1500.5', 'IRR')).toThrow('0 digits')
  })
})

describe('a markup', () => {
  test('of 10 % on 100 is 10, of 0.05 on 10 is 0.05 (seed rows S0-084, S1-021)', () => {
    expect(markupOf(parseAmount('100', 'USDT'), { kind: 'percent', hundredths: 1000n })).toBe(parseAmount('10', 'USDT'))
    expect(markupOf(parseAmount('10', 'USDT'), { kind: 'fixed', amount: parseAmount('0.05', 'USDT') })).toBe(50_000n)
  })

  test('is never negative, is the nearest unit, and a half goes up', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.bigInt({ min: 0n, max: 1_000_000n }),
        (base, hundredths) => {
          const markup = markupOf(base, { kind: 'percent', hundredths })
          const doubled = 2n * (markup * 10_000n - base * hundredths)
          expect(markup).toBeGreaterThanOrEqual(0n)
          expect(doubled).toBeGreaterThan(-10_000n)
          expect(doubled).toBeLessThanOrEqual(10_000n)
        },
      ),
    )
    expect(markupOf(5n, { kind: 'percent', hundredths: 1000n })).toBe(1n)
    expect(markupOf(4n, { kind: 'percent', hundredths: 1000n })).toBe(0n)
  })
})
