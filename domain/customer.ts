/** Customers as JSON. Amounts are decimal strings, times ISO 8601 in UTC. */
import type { Platform } from './instance.ts'
import type { EntryKind } from './ledger.ts'
import type { Currency } from './money.ts'
import type { OrderStatus } from './shop.ts'

export interface BalanceView {
  readonly currency: Currency
  readonly amount: string
}

export interface CustomerView {
  readonly id: string
  readonly tenant: string
  readonly platform: Platform
  readonly platform_user_id: string
  readonly username: string | null
  readonly display_name: string | null
  readonly language: string | null
  /** Orders that were paid, also those that were refunded later. */
  readonly orders: number
  readonly balances: readonly BalanceView[]
  readonly blocked_at: string | null
  readonly blocked_reason: string | null
  readonly erased_at: string | null
  readonly created_at: string
  readonly last_seen_at: string
}

/** A chat of a customer with a bot; `blocked_at` is when the person blocked that bot. */
export interface CustomerChat {
  readonly instance: string
  readonly chat_id: string
  readonly blocked_at: string | null
}

export interface CustomerOrder {
  readonly id: number
  readonly product: string
  readonly product_name: string
  readonly quantity: number
  readonly currency: Currency
  readonly total: string
  readonly refunded: string
  readonly status: OrderStatus
  readonly created_at: string
}

export interface CustomerDetails extends CustomerView {
  readonly chats: readonly CustomerChat[]
  /** The latest, newest first. */
  readonly latest_orders: readonly CustomerOrder[]
}

/** One movement of a customer's money: what an entry of the ledger did to its balance. */
export interface TransactionView {
  /** The entry's. */
  readonly id: number
  readonly at: string
  readonly kind: EntryKind
  /** Signed: what came to the customer is positive. */
  readonly amount: string
  readonly currency: Currency
  /** The order that a sale or a refund is of. */
  readonly order: number | null
  readonly product_name: string | null
  /** The payment from outside behind a top-up: `<provider>:<id>`. */
  readonly payment: string | null
  readonly reason: string | null
}

/** A balance that was corrected by a person. */
export interface AdjustedBalance {
  readonly customer: string
  readonly currency: Currency
  /** What it was changed by; decimal strings. */
  readonly amount: string
  readonly balance: string
  readonly reason: string
  /** This key had been applied before; nothing was written. */
  readonly repeated: boolean
}

export type AdjustOutcome =
  | { readonly kind: 'done'; readonly adjusted: AdjustedBalance }
  | ({ readonly kind: 'refused' } & RefusedAdjustment)

export interface RefusedAdjustment {
  readonly refusal: 'below_zero' | 'no_reason' | 'zero'
  /** The balance there is. */
  readonly detail: string | null
}
