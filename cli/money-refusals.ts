/** What the shop refuses, as the failure that a command ends with: an exit code, and a sentence that says what to do. */
import { Failure, type FailureCode } from '../domain/failure.ts'
import type { OrderRefusal, OrderView } from '../domain/shop.ts'
import type { RefusedTopUp, TopUpRefusal } from '../domain/top-up.ts'
import type { RefusedWithdrawal, WithdrawalRefusal } from '../domain/withdrawal.ts'

type Sentence = readonly [FailureCode, (detail: string) => string]

const ofWithdrawal: Record<WithdrawalRefusal, Sentence> = {
  below_minimum: ['usage', (least) => `the amount is below the minimum of ${least} USDT`],
  wrong_address: ['usage', () => 'the address is no address of TRON: look for a mistyped character'],
  in_debt: ['conflict', (owed) => `${owed} USDT are owed for refunds: profit repays them first`],
  above_available: ['conflict', (free) => `only ${free} USDT are available`],
  not_found: ['not_found', () => 'there is no such withdrawal: ./botfleet withdrawal list shows them'],
  wrong_state: ['conflict', (state) => `the withdrawal is ${state}: that cannot be done any more, or not yet`],
  needs_force: ['conflict', () => 'the withdrawal is approved: only an owner rejects it now, with --force'],
  own_request: ['not_allowed', () => 'whoever requested it cannot approve it: two other people must'],
  person_unknown: ['not_allowed', () => 'two people must approve this: say who you are with --as USERNAME'],
  wrong_txid: ['usage', () => 'a txid has 64 hexadecimal digits'],
  txid_used: ['conflict', () => 'this txid paid another withdrawal'],
  no_reason: ['usage', () => 'a reason is needed: the owners read it'],
}

const ofTopUp: Record<TopUpRefusal, Sentence> = {
  below_minimum: ['usage', (least) => `the amount is below the minimum of ${least}`],
  above_maximum: ['usage', (most) => `the amount is above the maximum of ${most}`],
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
  price_changed: ['conflict', (price) => `one unit costs ${price} now`],
  over_limit: ['conflict', (left) => `the customer may have ${left} more of these`],
  not_enough_balance: ['conflict', (missing) => `${missing} are missing from the balance`],
  sold_out: ['conflict', () => 'the product is sold out'],
  fewer_left: ['conflict', (left) => `only ${left} are left`],
}

export function orderFailure(refusal: OrderRefusal, order: OrderView): Failure {
  const [code, sentence] = ofOrder[refusal]
  const { id, refusal_detail: detail } = order
  return new Failure(code, `${sentence(detail ?? '')}: nothing was bought`, { details: { refusal, detail, order: id } })
}

export function withdrawalFailure({ refusal, detail }: RefusedWithdrawal): Failure {
  return failureOf(ofWithdrawal[refusal], refusal, detail)
}

export function topUpFailure({ refusal, detail }: RefusedTopUp): Failure {
  return failureOf(ofTopUp[refusal], refusal, detail)
}

function failureOf([code, sentence]: Sentence, refusal: string, detail: string | null): Failure {
  return new Failure(code, sentence(detail ?? ''), { details: { refusal, ...(detail === null ? {} : { detail }) } })
}
