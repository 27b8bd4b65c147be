import type { Queryable } from '../../db/transaction.ts'
import type { TransactionView } from '../../domain/customer.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { Buyer } from '../../domain/shop.ts'
import type { Language } from '../../domain/worker-contract.ts'

export interface TransactionsPage {
  /** Only those before this one, from the page before. */
  readonly before?: number | undefined
  readonly limit?: number | undefined
  /** In which products are named, where they have such a name. */
  readonly language?: Language | undefined
}

const limitMax = 1000

interface TransactionRow extends Omit<TransactionView, 'at' | 'currency'> {
  at: Date
  currency: Currency
}

/**
 * What came to a customer and went from it, newest first: each entry of the ledger that moved its money, with the order
 * or the payment that it is of. For the customer itself, as the gateway's fence says; for people, `customerHistory`.
 */
export async function transactionsOf(
  tx: Queryable,
  customer: Pick<Buyer, 'tenant' | 'customerId'>,
  page: TransactionsPage,
): Promise<TransactionView[]> {
  const { rows } = await tx.query<TransactionRow>(
    `with moved as (
       select m.entry_id, a.currency, m.amount from account a cross join lateral moves_of(a.id, $3, $4) m
       where a.kind = 'customer' and a.tenant_id = $1 and a.customer_id = $2
       order by m.entry_id desc limit $4
     )
     select m.entry_id as id, e.at, e.kind, m.amount::text as amount, m.currency, e.reason, o.id as "order",
       coalesce(p.translations -> $5::text ->> 'name', p.name) as product_name, pay.provider || ':' || pay.external_id as payment
     from moved m join journal_entry e on e.id = m.entry_id
     left join customer_order o on o.tenant_id = $1 and o.customer_id = $2
       and o.id = case when e.kind in ('sale', 'refund') then split_part(e.reference, ':', 1)::bigint end
     left join product p on p.id = o.product_id
     left join payment pay on pay.customer_id = $2
       and pay.id = case when e.kind = 'top_up' then e.reference::bigint end
     order by m.entry_id desc`,
    [
      customer.tenant,
      customer.customerId,
      page.before ?? null,
      Math.min(page.limit ?? 20, limitMax),
      page.language ?? null,
    ],
  )
  return rows.map((row) => ({
    ...row,
    at: row.at.toISOString(),
    amount: formatAmount(BigInt(row.amount), row.currency),
  }))
}
