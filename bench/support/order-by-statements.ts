import type { Tx } from '../../db/transaction.ts'
import type { BenchShop } from './bench-shop.ts'

/** The same order as it is without a function in the database: a transaction of one statement after another from Node. */
export function orderByStatements(shop: BenchShop): Promise<void> {
  const { product, agent, customer } = shop.choose()
  const who = { tenant: `agent:a${agent}`, customer: `a${agent}c${customer}`, instance: `b${agent}` }
  return shop.database.transaction(async (tx) => {
    const one = async <Row>(text: string, values: readonly unknown[]): Promise<Row> => {
      const { rows } = await tx.query<Row>(text, values)
      const row = rows[0]
      if (row === undefined) throw new Error(`nothing from ${text}`)
      return row
    }
    const offer = await one<Offer>(
      `select currency, base_price::text as base, markup_kind, markup_value, markup::text, refusal from quote($1, $2)`,
      [who.tenant, product],
    )
    const buyer = await one<{ id: number; balance: string }>(
      `select id, balance::text from account where tenant_id = $1 and kind = 'customer' and customer_id = $2 and currency = $3
       for update`,
      [who.tenant, who.customer, offer.currency],
    )
    const unitPrice = BigInt(offer.base) + BigInt(offer.markup)
    if (offer.refusal !== null || BigInt(buyer.balance) < unitPrice) throw new Error('an order was refused')
    const unit = await one<{ id: number }>(
      `select id from stock_unit where product_id = $1 and state = 'available' order by added_at, id limit 1
       for update skip locked`,
      [product],
    )
    const order = await one<{ id: number }>(
      `insert into customer_order (tenant_id, customer_id, instance_id, product_id, key, quantity, currency, base_price,
         markup_kind, markup_value, markup, unit_price, total, status, paid_at)
       values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $11, 'paid', clock_timestamp()) returning id`,
      [
        who.tenant,
        who.customer,
        who.instance,
        product,
        shop.key(),
        offer.currency,
        offer.base,
        offer.markup_kind,
      ].concat([offer.markup_value, offer.markup, String(unitPrice)]),
    )
    await tx.query(`update stock_unit set state = 'sold', order_id = $2, sold_at = clock_timestamp() where id = $1`, [
      unit.id,
      order.id,
    ])
    await settle(tx, { ...who, order: order.id, buyer: buyer.id, offer })
  })
}

interface Offer {
  currency: string
  base: string
  markup_kind: string
  markup_value: string
  markup: string
  refusal: string | null
}

async function settle(tx: Tx, { tenant, customer, instance, order, buyer, offer }: Settlement): Promise<void> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into journal_entry (kind, reference, tenant_id, actor) values ('sale', $1, $2, 'bench') returning id`,
    [String(order), tenant],
  )
  await tx.query(
    `insert into transfer (entry_id, currency, from_account, to_account, amount)
     values ($1, $2, $3, account_of('master', 'revenue', $2), $4), ($1, $2, $3, account_of($5, 'pending', $2), $6)`,
    [rows[0]?.id, offer.currency, buyer, offer.base, tenant, offer.markup],
  )
  await tx.query(
    `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at)
     values ($1, $2, $3, $4, clock_timestamp() + interval '48 hours')`,
    [order, tenant, offer.currency, offer.markup],
  )
  await tx.query(
    `insert into outbox_message (tenant_id, customer_id, via_instance_id, kind, payload, reference)
     values ($1, $2, $3, 'goods', $4, $5)`,
    [tenant, customer, instance, JSON.stringify({ order }), String(order)],
  )
}

interface Settlement {
  readonly tenant: string
  readonly customer: string
  readonly instance: string
  readonly order: number
  readonly buyer: number
  readonly offer: Offer
}
