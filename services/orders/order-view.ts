import { type Currency, formatAmount } from '../../domain/money.ts'
import type { OrderRefusal, OrderStatus, OrderView } from '../../domain/shop.ts'

/**
 * The columns of an order `o` that `viewOrder` reads, with the product's name in a language where it has one: an SQL
 * text, such as `$6::text`.
 */
export const orderColumnsIn = (
  language: string,
): string => `o.id, o.tenant_id, o.customer_id, o.instance_id, o.product_id,
  (select coalesce(translations -> ${language} ->> 'name', name) from product where id = o.product_id) as product_name, o.quantity, o.currency, o.base_price::text,
  o.markup::text, o.unit_price::text, o.discount::text, o.total::text, o.status, o.refusal, o.refusal_detail::text,
  o.refunded_units, o.refunded::text, o.pay_until, o.created_at, o.paid_at, o.delivered_at`

/** The name of the customer of an order `o`, for the faces of those who see everybody's. */
export const customerNameColumn =
  '(select coalesce(display_name, username) from customer where id = o.customer_id) as customer_name'

/** With the product's name as its owner wrote it. */
export const orderColumns = orderColumnsIn('null::text')

export interface OrderRow {
  id: number
  tenant_id: string
  customer_id: string
  instance_id: string | null
  product_id: string
  product_name: string
  quantity: number
  currency: Currency
  base_price: string
  markup: string
  unit_price: string
  discount: string
  total: string
  status: OrderStatus
  refusal: OrderRefusal | null
  refusal_detail: string | null
  refunded_units: number
  refunded: string
  pay_until: Date | null
  created_at: Date
  paid_at: Date | null
  delivered_at: Date | null
}

/** Refusals that are about an amount, not about units. */
const aboutMoney: readonly (OrderRefusal | null)[] = ['price_changed', 'not_enough_balance']

/** An order as every face shows it: amounts as decimal strings, times as ISO 8601. */
export function viewOrder(row: OrderRow): OrderView {
  const shown = (amount: string) => formatAmount(BigInt(amount), row.currency)
  const detail = row.refusal_detail
  return {
    id: row.id,
    tenant: row.tenant_id,
    customer: row.customer_id,
    instance: row.instance_id,
    product: row.product_id,
    product_name: row.product_name,
    quantity: row.quantity,
    currency: row.currency,
    base_price: shown(row.base_price),
    markup: shown(row.markup),
    unit_price: shown(row.unit_price),
    discount: shown(row.discount),
    total: shown(row.total),
    status: row.status,
    refusal: row.refusal,
    refusal_detail: detail !== null && aboutMoney.includes(row.refusal) ? shown(detail) : detail,
    refunded_units: row.refunded_units,
    refunded: shown(row.refunded),
    pay_until: row.pay_until?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    paid_at: row.paid_at?.toISOString() ?? null,
    delivered_at: row.delivered_at?.toISOString() ?? null,
  }
}
