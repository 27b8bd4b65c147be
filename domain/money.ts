/**
 * Amounts of money: whole numbers of a currency's smallest unit, as bigint. Decimal strings are for people and for JSON;
 * a float is a bug (design section 7; facts/money.md).
 */
import { Failure } from './failure.ts'

/** Digits behind the point, fixed for ever: the database keeps the same table and refuses to change it. */
export const currencies = { USDT: 6, IRR: 0 } as const
export type Currency = keyof typeof currencies

/** Postgres' bigint. */
const amountMax = 2n ** 63n - 1n

/**
 * Reads what a person typed as an amount: `12`, `12.5`, `0.000001`. No sign, no exponent, no separators of thousands.
 * Throws `usage` with a reason of its own for: not a number, negative, more digits than the currency has, too large.
 */
export function parseAmount(text: string, currency: Currency): bigint {
  return parseDecimal(text, { scale: currencies[currency], what: currency })
}

/** The same with a sign in front, for a correction: `5`, `-2.5`. Throws as `parseAmount`. */
export function parseSignedAmount(text: string, currency: Currency): bigint {
  const [, sign, size = ''] = /^(-?)(.*)$/s.exec(text.trim()) ?? []
  const amount = parseAmount(size, currency)
  return sign === '-' ? -amount : amount
}

/** The decimal string of an amount, without zeros that say nothing: `12.5`, `-3`, `0.000001`. */
export function formatAmount(amount: bigint, currency: Currency): string {
  return formatDecimal(amount, currencies[currency])
}

/** Reads a decimal as a whole number of its last digit; `what` is what has so many digits. Throws as `parseAmount`. */
export function parseDecimal(text: string, { scale, what }: { scale: number; what: string }): bigint {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text.trim())
  if (match === null) throw amountFailure('not_a_number', `${quoted(text)} is no amount: write it as 12 or 12.5`)
  const [, sign = '', whole = '', fraction = ''] = match
  if (sign !== '') throw amountFailure('negative', `${quoted(text)} is negative: an amount is 0 or more`)
  const digits = fraction.replace(/0+$/, '')
  if (digits.length > scale) {
    throw amountFailure('too_fine', `${what} has ${scale} digits behind the point, ${quoted(text)} has more`)
  }
  const amount = BigInt(whole) * 10n ** BigInt(scale) + BigInt(digits.padEnd(scale, '0') || '0')
  if (amount > amountMax) throw amountFailure('too_large', `${quoted(text)} is more than can be counted`)
  return amount
}

/** The decimal string of a whole number of its last digit. */
export function formatDecimal(amount: bigint, scale: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  return `${amount < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Why text is no amount, for faces that have a sentence for each. */
export type AmountTrouble = 'not_a_number' | 'negative' | 'too_fine' | 'too_large'

function amountFailure(trouble: AmountTrouble, message: string): Failure {
  return new Failure('usage', message, { details: { trouble } })
}

function quoted(text: string): string {
  return `"${text.slice(0, 40)}"`
}

/** What an agent adds to a product's base price (seed rows S0-019 to S0-021, S1-037). */
export type Markup =
  /** In hundredths of a percent: 1000 is 10 %. */
  | { readonly kind: 'percent'; readonly hundredths: bigint }
  /** Per unit, in the product's currency. */
  | { readonly kind: 'fixed'; readonly amount: bigint }

/** The markup of one unit, rounded half up at the currency's scale; neither part may be negative. */
export function markupOf(base: bigint, markup: Markup): bigint {
  if (base < 0n) throw new RangeError('a base price is not negative')
  const given = markup.kind === 'percent' ? markup.hundredths : markup.amount
  if (given < 0n) throw new RangeError('a markup is not negative')
  return markup.kind === 'fixed' ? given : (base * given + 5000n) / 10_000n
}
