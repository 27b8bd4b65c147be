/** An agent's markup as people write and read it (seed rows S0-019 to S0-021, S0-073 to S0-075). */
import { Failure } from './failure.ts'
import {
  type Currency,
  currencies,
  formatAmount,
  formatDecimal,
  type Markup,
  parseAmount,
  parseDecimal,
} from './money.ts'

/** Digits behind the point of a percentage: it is kept in hundredths. */
const percentScale = 2
/** 100,000 %: more is a slip of the keyboard. The database says the same. */
const hundredthsMax = 10_000_000n
/** In smallest units; a thousand units of it still fit where amounts are kept. The database says the same. */
const fixedMax = 1_000_000_000_000n

/** What an agent adds: one of the two is in use, the other is kept for when it is again. */
export interface MarkupView {
  readonly kind: Markup['kind']
  /** `10` is 10 %. */
  readonly percent: string
  /** Per unit, by currency. */
  readonly fixed: Readonly<Record<Currency, string>>
}

/** A markup that somebody asks for; a fixed one is in one currency. */
export type MarkupWish =
  | { readonly kind: 'percent'; readonly hundredths: bigint }
  | { readonly kind: 'fixed'; readonly amount: bigint; readonly currency: Currency }

/**
 * Reads a percentage such as `10`, `2.5` or `10%`, in hundredths. Throws `usage` with the reasons of `parseAmount`:
 * not a number, negative, more than 2 digits behind the point, too large.
 */
export function parsePercent(text: string): bigint {
  const hundredths = parseDecimal(text.trim().replace(/\s*%$/, ''), { scale: percentScale, what: 'a percentage' })
  if (hundredths <= hundredthsMax) return hundredths
  throw tooLarge(`${formatPercent(hundredthsMax)} %`)
}

/** Reads a markup per unit; throws as `parseAmount`. */
export function parseFixedMarkup(text: string, currency: Currency): bigint {
  const amount = parseAmount(text, currency)
  if (amount <= fixedMax) return amount
  throw tooLarge(`${formatAmount(fixedMax, currency)} ${currency}`)
}

/** `12.5` for 1250 hundredths. */
export function formatPercent(hundredths: bigint): string {
  return formatDecimal(hundredths, percentScale)
}

/** A markup for people: `10 %`, `0.05 USDT per item`. */
export function markupWords(markup: MarkupView): string {
  if (markup.kind === 'percent') return `${markup.percent} %`
  const given = (Object.keys(currencies) as Currency[]).filter((currency) => markup.fixed[currency] !== '0')
  if (given.length === 0) return '0 per item'
  return `${given.map((currency) => `${markup.fixed[currency]} ${currency}`).join(', ')} per item`
}

function tooLarge(most: string): Failure {
  return new Failure('usage', `a markup is at most ${most}`, { details: { trouble: 'too_large' } })
}
