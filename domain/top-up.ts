/** Top-ups of a customer's balance: their states, limits and words. */
import { type Currency, formatAmount } from './money.ts'
import type { Settings } from './settings.ts'
import { txidOf } from './withdrawal.ts'

/** What customers top up in. */
export const topUpCurrency: Currency = 'USDT'

export const topUpStates = ['requested', 'confirmed', 'rejected', 'cancelled', 'expired'] as const
export type TopUpState = (typeof topUpStates)[number]

/** Open top-ups of one customer. */
export const openTopUpsMax = 5

export interface TopUpLimits {
  readonly currency: Currency
  /** In the currency's smallest unit. */
  readonly minimum: bigint
  readonly maximum: bigint
  /** How long the customer has to pay. */
  readonly hours: number
  /** How to pay, in the master's words; shown as they are. */
  readonly instructions: string
}

export function topUpLimitsOf(settings: Settings): TopUpLimits {
  return {
    currency: topUpCurrency,
    minimum: settings.TOP_UP_MIN,
    maximum: settings.TOP_UP_MAX,
    hours: settings.TOP_UP_HOURS,
    instructions: settings.TOP_UP_INSTRUCTIONS,
  }
}

/** Why a top-up is not as somebody wants it: each has its own sentence in every language. */
export const topUpRefusals = [
  // When it is asked for; `detail` is the limit.
  'below_minimum',
  'above_maximum',
  'shop_paused',
  'customer_blocked',
  'too_many_open',
  // When it is handled; `detail` is the state it is in.
  'not_found',
  'wrong_state',
  'payment_used',
  'wrong_reference',
  'no_reason',
] as const
export type TopUpRefusal = (typeof topUpRefusals)[number]

/** Nothing was written. */
export interface RefusedTopUp {
  readonly kind: 'refused'
  readonly refusal: TopUpRefusal
  readonly detail: string | null
}

/** What became of a step of a top-up. `repeated`: it had been done before, and nothing was written. */
export type TopUpOutcome =
  | { readonly kind: 'done'; readonly topUp: TopUpView; readonly repeated: boolean }
  | RefusedTopUp

/** Whether an amount keeps within the limits; undefined when it does. */
export function topUpTrouble(amount: bigint, limits: TopUpLimits): RefusedTopUp | undefined {
  const refuse = (refusal: TopUpRefusal, limit: bigint): RefusedTopUp => ({
    kind: 'refused',
    refusal,
    detail: formatAmount(limit, limits.currency),
  })
  if (amount < limits.minimum || amount <= 0n) return refuse('below_minimum', limits.minimum)
  if (amount > limits.maximum) return refuse('above_maximum', limits.maximum)
  return undefined
}

/**
 * The reference of a payment in its one spelling, so that the same payment is the same text; undefined when it is none.
 * A transaction's digits have one spelling, anything else is kept as it was given.
 */
export function paymentReferenceOf(text: string): string | undefined {
  const trimmed = text.trim()
  // oxlint-disable-next-line no-control-regex
  if (trimmed.length < 1 || trimmed.length > 200 || /[\u0000-\u001f\u007f]/.test(trimmed)) return undefined
  return txidOf(trimmed) ?? trimmed
}

export interface TopUpView {
  readonly id: number
  readonly tenant: string
  readonly customer: string
  /** What people call the customer; null when nobody knows. */
  readonly customer_name: string | null
  readonly currency: Currency
  /** What was asked for. */
  readonly amount: string
  /** What came; null until it is confirmed. */
  readonly credited: string | null
  readonly status: TopUpState
  readonly instructions: string
  /** ISO 8601, UTC. */
  readonly created_at: string
  readonly pay_until: string
  readonly ended_at: string | null
  readonly ended_by: string | null
  readonly reason: string | null
  readonly provider: string | null
  readonly external_id: string | null
}
