import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { Buyer, OrderRefusal, OrderStatus, OrderView } from '../../domain/shop.ts'

interface Row {
  id: number
  product_id: string
  name: string
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
  created_at: Date
  paid_at: Date | null
}

/** Provisional. */
export async function ordersOfBuyer(
  tx: Queryable,
  buyer: Buyer,
  input: { id?: number; before?: number | undefined; limit?: number },
): Promise<OrderView[]> {
  const { rows } = await tx.query<Row>(
    `select o.id, o.product_id, p.name, o.quantity, o.currency, o.base_price::text, o.markup::text, o.unit_price::text,
       o.discount::text, o.total::text, o.status, o.refusal, o.refusal_detail::text, o.refunded_units,
       o.refunded::text, o.created_at, o.paid_at
     from customer_order o join product p on p.id = o.product_id
     where o.tenant_id = $1 and o.customer_id = $2 and ($3::bigint is null or o.id = $3)
       and ($4::bigint is null or o.id < $4) and ($3::bigint is not null or o.status <> 'refused')
     order by o.id desc limit $5`,
    [buyer.tenant, buyer.customerId, input.id ?? null, input.before ?? null, input.limit ?? 10],
  )
  return rows.map((row) => {
    const shown = (amount: string) => formatAmount(BigInt(amount), row.currency)
    const isMoney = row.refusal === 'price_changed' || row.refusal === 'not_enough_balance'
    return {
      id: row.id,
      tenant: buyer.tenant,
      customer: buyer.customerId,
      instance: null,
      product: row.product_id,
      product_name: row.name,
      quantity: row.quantity,
      currency: row.currency,
      base_price: shown(row.base_price),
      markup: shown(row.markup),
      unit_price: shown(row.unit_price),
      discount: shown(row.discount),
      total: shown(row.total),
      status: row.status,
      refusal: row.refusal,
      refusal_detail: row.refusal_detail !== null && isMoney ? shown(row.refusal_detail) : row.refusal_detail,
      refunded_units: row.refunded_units,
      refunded: shown(row.refunded),
      pay_until: null,
      created_at: row.created_at.toISOString(),
      paid_at: row.paid_at?.toISOString() ?? null,
      delivered_at: null,
    }
  })
}
