import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import type { Buyer } from '../../domain/shop.ts'

/** What a customer may spend, in each currency in which there ever was something. */
export async function balancesOf(
  tx: Queryable,
  buyer: Buyer,
): Promise<{ readonly amount: string; readonly currency: Currency }[]> {
  const { rows } = await tx.query<{ currency: Currency; balance: string }>(
    `select currency, balance::text as balance from account
     where tenant_id = $1 and kind = 'customer' and customer_id = $2 order by currency desc`,
    [buyer.tenant, buyer.customerId],
  )
  return rows.map(({ currency, balance }) => ({ currency, amount: formatAmount(BigInt(balance), currency) }))
}
