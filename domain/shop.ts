/** The words of the shop that services, gateway and faces share. Amounts in views are decimal strings (domain/money.ts). */
import type { Currency } from './money.ts'
import type { UnitKind } from './stock-unit.ts'

/** A customer in a chat, as the gateway's fence and the arrival say; never from the caller's words. */
export interface Buyer {
  readonly tenant: string
  readonly customerId: string
  readonly instanceId: string
}

/** Why an order is refused: each has its own sentence in every language. */
export const orderRefusals = [
  'shop_paused',
  'customer_blocked',
  'not_for_sale',
  'price_changed',
  'over_limit',
  'not_enough_balance',
  'sold_out',
  'fewer_left',
] as const
export type OrderRefusal = (typeof orderRefusals)[number]

export const orderStatuses = ['reserved', 'paid', 'refused', 'cancelled', 'partly_refunded', 'refunded'] as const
export type OrderStatus = (typeof orderStatuses)[number]

export interface OrderView {
  readonly id: number
  readonly tenant: string
  readonly customer: string
  readonly instance: string | null
  readonly product: string
  readonly product_name: string
  readonly quantity: number
  readonly currency: Currency
  /** Of one unit: what the master takes, what the agent adds, and both. */
  readonly base_price: string
  readonly markup: string
  readonly unit_price: string
  readonly discount: string
  readonly total: string
  readonly status: OrderStatus
  readonly refusal: OrderRefusal | null
  /** What the refusal is about: units left (`fewer_left`, `over_limit`), or an amount (`price_changed`, `not_enough_balance`). */
  readonly refusal_detail: string | null
  readonly refunded_units: number
  readonly refunded: string
  /** ISO 8601, UTC. */
  readonly pay_until: string | null
  readonly created_at: string
  readonly paid_at: string | null
  readonly delivered_at: string | null
}

/** An order with who bought. */
export interface ListedOrder extends OrderView {
  /** Null for somebody without a name, and after an erasure. */
  readonly customer_name: string | null
}

/** An order with its goods, what was refunded of it, and what the agent earns by it. */
export interface OrderDetails extends ListedOrder {
  readonly units: readonly OrderUnit[]
  readonly refunds: readonly OrderRefund[]
  /** Null where nobody but the master earns. */
  readonly profit: OrderProfit | null
}

export interface OrderUnit {
  readonly unit: number
  readonly kind: UnitKind
  readonly file_name: string | null
  /** ISO 8601; null for one that the buyer has. */
  readonly refunded_at: string | null
}

export interface OrderRefund {
  readonly id: number
  readonly units: number
  readonly amount: string
  readonly restocked: boolean
  readonly reason: string | null
  readonly actor: string
  readonly at: string
}

export const profitStates = ['pending', 'matured', 'reverted'] as const
type ProfitState = (typeof profitStates)[number]

export interface OrderProfit {
  readonly amount: string
  /** What refunds took back of it before it matured. */
  readonly reverted: string
  readonly state: ProfitState
  readonly mature_at: string
}

/** What a refund came to. */
export interface RefundedOrder {
  readonly order: OrderView
  /** What this refund took back and gave. */
  readonly units: number
  readonly amount: string
  readonly restocked: boolean
  /** This key had been applied before; nothing was written. */
  readonly repeated: boolean
}
