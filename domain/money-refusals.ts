/** What the shop refuses, as the failure that a command or a request ends with: a code, and a sentence that says what to do. */
import type { AdjustedBalance, AdjustOutcome, RefusedAdjustment } from './customer.ts'
import { Failure, type FailureCode } from './failure.ts'
import type { Currency } from './money.ts'
import type { OrderRefusal, OrderView } from './shop.ts'
import { type RefusedTopUp, type TopUpOutcome, type TopUpRefusal, type TopUpView, topUpCurrency } from './top-up.ts'
import {
  type RefusedWithdrawal,
  type WithdrawalOutcome,
  type WithdrawalRefusal,
  type WithdrawalView,
  withdrawalCurrency,
} from './withdrawal.ts'

type Sentence = readonly [FailureCode, (detail: string, currency: string) => string]

const ofWithdrawal: Record<WithdrawalRefusal, Sentence> = {
  below_minimum: ['usage', (least, currency) => `the amount is below the minimum of ${least} ${currency}`],
  wrong_address: ['usage', () => 'the address is no address of TRON: look for a mistyped character'],
  in_debt: ['conflict', (owed, currency) => `${owed} ${currency} are owed for refunds: profit repays them first`],
  above_available: ['conflict', (free, currency) => `only ${free} ${currency} are available`],
  not_found: ['not_found', () => 'there is no such withdrawal: ./botfleet withdrawal list shows them'],
  wrong_state: ['conflict', (state) => `the withdrawal is ${state}: that cannot be done any more, or not yet`],
  needs_force: ['conflict', () => 'the withdrawal is approved: only an owner rejects it now, by force'],
  own_request: ['not_allowed', () => 'whoever requested it cannot approve it: two other people must'],
  person_unknown: ['not_allowed', () => 'two people must approve this, each by a name of their own (--as USERNAME)'],
  wrong_txid: ['usage', () => 'a txid has 64 hexadecimal digits'],
  txid_used: ['conflict', () => 'this txid paid another withdrawal'],
  no_reason: ['usage', () => 'a reason is needed: the owners read it'],
}

const ofTopUp: Record<TopUpRefusal, Sentence> = {
  below_minimum: ['usage', (least, currency) => `the amount is below the minimum of ${least} ${currency}`],
  above_maximum: ['usage', (most, currency) => `the amount is above the maximum of ${most} ${currency}`],
  shop_paused: ['conflict', () => 'the shop is paused'],
  customer_blocked: ['conflict', () => 'the customer is blocked'],
  too_many_open: ['conflict', (most) => `the customer has ${most} open top-ups already`],
  not_found: ['not_found', () => 'there is no such top-up: ./botfleet topup list shows them'],
  wrong_state: ['conflict', (state) => `the top-up is ${state}`],
  payment_used: ['conflict', () => 'this payment was credited before, to something else or as another amount'],
  wrong_reference: ['usage', () => 'the reference of the payment has 1 to 200 characters'],
  no_reason: ['usage', () => 'a reason is needed: the customer reads it'],
}

const ofOrder: Record<OrderRefusal, Sentence> = {
  shop_paused: ['conflict', () => 'the shop is paused'],
  customer_blocked: ['conflict', () => 'the customer is blocked'],
  not_for_sale: ['conflict', () => 'the product is not for sale there'],
  price_changed: ['conflict', (price, currency) => `one unit costs ${price} ${currency} now`],
  over_limit: ['conflict', (left) => `the customer may have ${left} more of these`],
  not_enough_balance: ['conflict', (missing, currency) => `${missing} ${currency} are missing from the balance`],
  sold_out: ['conflict', () => 'the product is sold out'],
  fewer_left: ['conflict', (left) => `only ${left} left`],
}

const ofAdjustment: Record<RefusedAdjustment['refusal'], Sentence> = {
  below_zero: ['conflict', (balance, currency) => `the balance is ${balance} ${currency}: it cannot go below 0`],
  no_reason: ['usage', () => 'a reason is needed: the customer reads it'],
  zero: ['usage', () => 'give an amount other than 0'],
}

/** The order when it was bought; throws what was refused. */
export function boughtOrder(order: OrderView): OrderView {
  const { refusal, refusal_detail: detail, currency } = order
  if (refusal === null) return order
  const [code, sentence] = ofOrder[refusal]
  throw new Failure(code, `${sentence(detail ?? '', currency)}: nothing was bought`, {
    details: { refusal, refusal_detail: detail },
  })
}

/** The balance after a correction; throws what was refused. */
export function settledAdjustment(outcome: AdjustOutcome, currency: Currency): AdjustedBalance {
  if (outcome.kind === 'done') return outcome.adjusted
  const { refusal, detail } = outcome
  throw failureOf(ofAdjustment[refusal], { refusal, detail, currency })
}

export function withdrawalFailure({ refusal, detail }: RefusedWithdrawal): Failure {
  return failureOf(ofWithdrawal[refusal], { refusal, detail, currency: withdrawalCurrency })
}

export function topUpFailure({ refusal, detail }: RefusedTopUp): Failure {
  return failureOf(ofTopUp[refusal], { refusal, detail, currency: topUpCurrency })
}

/** The withdrawal after a step; throws what was refused. */
export function settledWithdrawal(outcome: WithdrawalOutcome): WithdrawalView {
  if (outcome.kind === 'refused') throw withdrawalFailure(outcome)
  return outcome.withdrawal
}

/** The top-up after a step; throws what was refused. */
export function settledTopUp(outcome: TopUpOutcome): TopUpView {
  if (outcome.kind === 'refused') throw topUpFailure(outcome)
  return outcome.topUp
}

function failureOf(
  [code, sentence]: Sentence,
  { refusal, detail, currency }: { refusal: string; detail: string | null; currency: string },
): Failure {
  return new Failure(code, sentence(detail ?? '', currency), {
    details: { refusal, ...(detail === null ? {} : { refusal_detail: detail }) },
  })
}
