/**
 * What bots tell without being asked: each kind has its text in every language (`worker/shop/texts/notice.*.json`), whose
 * placeholders are the names here. Amounts are decimal strings. No secret ever stands in one: goods are opened when they
 * are handed over.
 */
import type { Currency } from './money.ts'

interface Money {
  readonly amount: string
  readonly currency: Currency
}
interface OfWithdrawal extends Money {
  readonly withdrawal: string
  readonly fee: string
}
interface OfBot {
  readonly instance: string
  readonly name: string
}

export interface Notices {
  // To a customer.
  goods: { readonly order: number }
  order_refunded: Money & { readonly order: number; readonly units: number }
  order_expired: { readonly order: number }
  top_up_confirmed: Money & { readonly balance: string }
  top_up_rejected: Money & { readonly reason: string }
  top_up_expired: Money
  balance_adjusted: Money & { readonly balance: string; readonly reason: string }
  restock: { readonly product: string; readonly name: string }
  broadcast: { readonly broadcast: number }
  // To the owners of a tenant.
  withdrawal_requested: OfWithdrawal & { readonly address: string }
  withdrawal_approved: OfWithdrawal
  withdrawal_paid: OfWithdrawal & { readonly txid: string }
  withdrawal_rejected: OfWithdrawal & { readonly reason: string }
  withdrawal_cancelled: OfWithdrawal
  test: { readonly shop: string }
  // To the admins, in the master's bot.
  withdrawal_to_review: OfWithdrawal & { readonly tenant: string; readonly address: string }
  top_up_requested: Money & { readonly top_up: number; readonly customer: string; readonly tenant: string }
  bot_unsteady: OfBot & { readonly times: number; readonly minutes: number }
  low_stock: { readonly product: string; readonly name: string; readonly left: number }
  // To both.
  expiring: OfBot & { readonly days: number; readonly at: string }
  expired: OfBot
  bot_down: OfBot & { readonly minutes: number; readonly reason: string }
  bot_back: OfBot
  bot_token_invalid: OfBot
  bot_conflict: OfBot
  bot_logged_out: OfBot
  bot_link_in_use: OfBot
  bot_restricted: OfBot & { readonly reason: string }
  bot_session_error: OfBot & { readonly reason: string }
  bot_stopped: OfBot & { readonly reason: string }
}
export type NoticeKind = keyof Notices
