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
    `with moved as (
       select m.entry_id, a.currency, m.amount from account a cross join lateral moves_of(a.id, $3, $4) m
       where a.kind = 'customer' and a.tenant_id = $1 and a.customer_id = $2
       order by m.entry_id desc limit $4
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
