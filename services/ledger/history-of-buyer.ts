import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { Buyer } from '../../domain/shop.ts'

/** One thing that happened to a customer's money. */
export interface HistoryLine {
  /** Pages on: lines before it have a lower one. */
  readonly id: number
  readonly kind: 'sale' | 'refund' | 'top_up' | 'adjustment' | 'import'
  /** ISO 8601, UTC. */
  readonly at: string
  readonly currency: Currency
  /** What came (no sign) or went (`-`); a decimal string. */
  readonly amount: string
  /** Why, where somebody said it. */
  readonly reason: string | null
  /** The order that it was about, and what was bought. */
  readonly order: number | null
  readonly product_name: string | null
}

interface HistoryRow extends Omit<HistoryLine, 'at'> {
  at: Date
}

/** What happened to a customer's balance, newest first. */
export async function historyOfBuyer(
  tx: Queryable,
  buyer: Pick<Buyer, 'tenant' | 'customerId'>,
  input: { before?: number | undefined; limit?: number } = {},
): Promise<HistoryLine[]> {
  const { rows } = await tx.query<HistoryRow>(
    `with own as (
       select id from account where kind = 'customer' and tenant_id = $1 and customer_id = $2
     ), moved as (
       select entry_id, currency, sum(amount) as amount
       from (
         select entry_id, currency, amount from transfer where to_account in (select id from own)
         union all select entry_id, currency, -amount from transfer where from_account in (select id from own)
       ) as legs
       where $3::bigint is null or entry_id < $3
       group by entry_id, currency order by entry_id desc limit $4
     )
     select e.id, e.kind, e.at, moved.currency, moved.amount::text as amount, e.reason, o.id as "order",
       p.name as product_name
     from moved join journal_entry e on e.id = moved.entry_id
     left join customer_order o
       on o.id = case when e.kind in ('sale', 'refund') then split_part(e.reference, ':', 1)::bigint end
     left join product p on p.id = o.product_id
     order by e.id desc`,
    [buyer.tenant, buyer.customerId, input.before ?? null, input.limit ?? 10],
  )
  return rows.map((row) => ({
    ...row,
    at: row.at.toISOString(),
    amount: formatAmount(BigInt(row.amount), row.currency),
  }))
}
