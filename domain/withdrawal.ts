/** Withdrawals of an agent's profit: their states, rules and words (design section 7, the machine W). */
import { type Currency, formatAmount } from './money.ts'
import type { Settings } from './settings.ts'

export const withdrawalStates = ['requested', 'approved', 'paid', 'rejected', 'cancelled'] as const
export type WithdrawalState = (typeof withdrawalStates)[number]

/** What profit is paid out in: to an address of TRON. */
export const withdrawalCurrency = 'USDT' satisfies Currency

/** A state by its name, or by the old one of `requested` (seed row S1-026); undefined for any other word. */
export function withdrawalStateOf(word: string): WithdrawalState | undefined {
  return word === 'pending' ? 'requested' : withdrawalStates.find((state) => state === word)
}

/** The rules of a server, in the smallest unit of USDT. */
export interface WithdrawalRules {
  /** On the amount (seed row S0-023). */
  readonly minimum: bigint
  /** Out of the amount (seed row S1-051). */
  readonly fee: bigint
  /** Above this two people must approve it, the requester not among them. */
  readonly twoPeopleAbove: bigint
}

export function withdrawalRulesOf(settings: Settings): WithdrawalRules {
  return {
    minimum: settings.WITHDRAWAL_MIN,
    fee: settings.WITHDRAWAL_FEE,
    twoPeopleAbove: settings.WITHDRAWAL_TWO_PEOPLE_ABOVE,
  }
}

/** What a withdrawal would come to, to be shown before it is confirmed; decimal strings. */
export interface WithdrawalQuote {
  readonly currency: Currency
  readonly amount: string
  readonly fee: string
  /** What arrives. */
  readonly net: string
  readonly approvals_needed: number
}

/** Why a withdrawal is not as somebody wants it: each has its own sentence in every language. */
export const withdrawalRefusals = [
  // When it is asked for; `detail` is an amount.
  'below_minimum',
  'wrong_address',
  'in_debt',
  'above_available',
  // When it is handled; `detail` is the state it is in.
  'not_found',
  'wrong_state',
  'needs_force',
  'own_request',
  'person_unknown',
  'wrong_txid',
  'txid_used',
  'no_reason',
] as const
export type WithdrawalRefusal = (typeof withdrawalRefusals)[number]

/** Nothing was written. */
export interface RefusedWithdrawal {
  readonly kind: 'refused'
  readonly refusal: WithdrawalRefusal
  /** What it is about: an amount (the minimum, what is owed, what is available), or the state that it is in. */
  readonly detail: string | null
}

/** What became of a step of a withdrawal. `repeated`: it had been done before, and nothing was written. */
export type WithdrawalOutcome =
  | { readonly kind: 'done'; readonly withdrawal: WithdrawalView; readonly repeated: boolean }
  | RefusedWithdrawal

/** What an amount comes to by the rules, or that it is below what can be withdrawn. */
export function quoteWithdrawal(
  amount: bigint,
  rules: WithdrawalRules,
): { readonly kind: 'quote'; readonly quote: WithdrawalQuote } | RefusedWithdrawal {
  // A fee that eats all of it would leave nothing to pay.
  const least = rules.minimum > rules.fee ? rules.minimum : rules.fee + 1n
  if (amount < least) {
    return { kind: 'refused', refusal: 'below_minimum', detail: formatAmount(least, withdrawalCurrency) }
  }
  return {
    kind: 'quote',
    quote: {
      currency: withdrawalCurrency,
      amount: formatAmount(amount, withdrawalCurrency),
      fee: formatAmount(rules.fee, withdrawalCurrency),
      net: formatAmount(amount - rules.fee, withdrawalCurrency),
      approvals_needed: approvalsNeeded(amount, rules),
    },
  }
}

export function approvalsNeeded(amount: bigint, rules: WithdrawalRules): number {
  return amount > rules.twoPeopleAbove ? 2 : 1
}

/** A transaction of TRON in its one spelling, 64 hexadecimal digits; undefined when it is none. */
export function txidOf(text: string): string | undefined {
  const match = /^(?:0x)?([0-9a-f]{64})$/i.exec(text.trim())
  return match?.[1]?.toLowerCase()
}

export interface WithdrawalView {
  readonly id: string
  readonly tenant: string
  readonly currency: Currency
  readonly amount: string
  readonly fee: string
  /** What is paid out: the amount less the fee. */
  readonly net: string
  readonly address: string
  readonly status: WithdrawalState
  readonly approvals: readonly { readonly by: string; readonly at: string }[]
  readonly approvals_needed: number
  /** ISO 8601, UTC. */
  readonly requested_at: string
  readonly requested_by: string
  readonly reviewed_at: string | null
  readonly reviewed_by: string | null
  /** Why it was rejected. */
  readonly reason: string | null
  readonly paid_at: string | null
  readonly paid_by: string | null
  readonly txid: string | null
}

/** What an agent has earned in one currency; decimal strings. */
export interface EarningsView {
  readonly currency: Currency
  /** May be withdrawn now: matured, and no debt stands against it. */
  readonly available: string
  /** Not matured yet. */
  readonly pending: string
  /** Asked for and not yet paid. */
  readonly held: string
  readonly paid_out: string
  /** Owed for refunds of profit that had been withdrawn. */
  readonly debt: string
  /** When the next pending profit matures; null when none is pending. */
  readonly next_mature_at: string | null
}
