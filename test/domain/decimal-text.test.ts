import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDecimalText } from '../../domain/decimal-text.ts'

test.each([
  ['12', 12_000_000n],
  ['12.5', 12_500_000n],
  ['.5', 500_000n],
  ['5.', 5_000_000n],
  ['+3', 3_000_000n],
  ['-0.000001', -1n],
  ['1e-06', 1n],
  ['1.5E+2', 150_000_000n],
  ['0', 0n],
  ['10.000000000', 10_000_000n],
])('%s has %s smallest units', (text, amount) => {
  expect(parseDecimalText(text, 6)).toEqual({ amount, rounded: expect.objectContaining({ amount: 0n }) })
})

test.each(['', '.', '-', 'NaN', 'Infinity', '1,5', '0x10', '1e', '1e9999', '12 5', '١٢'])('%j is no number', (text) => {
  expect(parseDecimalText(text, 6)).toBeNull()
})

test('what a float has too much is rounded half away from zero, and what that added is told', () => {
  expect(parseDecimalText('0.30000000000000004', 6)).toEqual({ amount: 300_000n, rounded: { amount: -4n, finer: 11 } })
  expect(parseDecimalText('0.0000005', 6)?.amount).toBe(1n)
  expect(parseDecimalText('-0.0000005', 6)?.amount).toBe(-1n)
  expect(parseDecimalText('0.00000049', 6)?.amount).toBe(0n)
})

test('a decimal with any digits, at any scale, is the same number', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: -12, max: 12 }),
      fc.integer({ min: 0, max: 9 }),
      (digits, places, exponent, scale) => {
        const size = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0')
        const text = `${digits < 0n ? '-' : ''}${size.slice(0, size.length - places)}.${size.slice(size.length - places)}e${exponent}`
        const read = parseDecimalText(text, scale)
        if (read === null) throw new Error(text)
        // amount * 10^-scale - rounded * 10^-(scale + finer) is what the text says.
        const fine = 10n ** BigInt(read.rounded.finer)
        const said = read.amount * fine - read.rounded.amount
        const common = 40
        const left = said * 10n ** BigInt(common - scale - read.rounded.finer)
        const right = digits * 10n ** BigInt(common - places + exponent)
        expect(left).toBe(right)
        expect(read.rounded.amount * 2n <= fine && read.rounded.amount * 2n >= -fine).toBe(true)
      },
    ),
  )
})
