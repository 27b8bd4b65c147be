/** A paid stretch of a subscription: what it cost and how it was paid. */
import { Failure } from './failure.ts'
import { type Currency, formatAmount, parseAmount } from './money.ts'

/** What was paid for a period, where somebody says so. */
export interface PeriodPayment {
  /** Smallest units. */
  readonly price: bigint
  readonly currency: Currency
  /** How it was paid: a transaction id, a receipt, a word. */
  readonly payment: string | null
}

export interface PeriodView {
  readonly kind: 'approve' | 'renew'
  readonly months: number
  readonly starts_at: string
  readonly ends_at: string
  /** A decimal string; null where nobody said. */
  readonly price: string | null
  readonly currency: Currency | null
  readonly payment: string | null
  readonly created_at: string
  readonly created_by: string
}

const paymentLengthMax = 200

/** Reads how a period was paid. Throws `usage`. */
function parsePayment(text: string): string {
  const payment = text.trim()
  if (payment.length >= 1 && payment.length <= paymentLengthMax && !/\p{Cc}/u.test(payment)) return payment
  throw new Failure('usage', `how it was paid is said in one line of 1 to ${paymentLengthMax} characters`)
}

/**
 * What was paid, from what a person said of it: nothing, a price, or a price and how it was paid. Throws `usage` for a
 * payment without its price.
 */
export function parsePaid(said: {
  readonly price?: string | undefined
  readonly currency?: Currency | undefined
  readonly payment?: string | undefined
}): PeriodPayment | undefined {
  const { price, currency = 'USDT', payment } = said
  if (price !== undefined) {
    return {
      price: parseAmount(price, currency),
      currency,
      payment: payment === undefined ? null : parsePayment(payment),
    }
  }
  if (payment === undefined) return undefined
  throw new Failure('usage', 'a payment needs its amount: say the price, too')
}

/** What was paid, as an audit row says it. */
export function paymentDetails(paid: PeriodPayment | undefined): Readonly<Record<string, unknown>> {
  if (paid === undefined) return {}
  return { price: formatAmount(paid.price, paid.currency), currency: paid.currency, payment: paid.payment }
}

/** Price, currency and payment of a period's row. */
export function paymentColumns(
  paid: PeriodPayment | undefined,
): readonly [bigint | null, Currency | null, string | null] {
  return [paid?.price ?? null, paid?.currency ?? null, paid?.payment ?? null]
}

/** A stretch of a subscription as it would be; ISO 8601, UTC. */
export interface PeriodQuote {
  readonly months: number
  readonly starts_at: string
  readonly ends_at: string
}
