import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'

/** A customer's balance in one currency, as a decimal string. */
export async function balanceText(
  tx: Queryable,
  { customer, currency }: { customer: string; currency: Currency },
): Promise<string> {
  const { rows } = await tx.query<{ balance: string }>(
    `select balance::text from account where kind = 'customer' and customer_id = $1 and currency = $2
       and tenant_id = (select tenant_id from customer where id = $1)`,
    [customer, currency],
  )
  return formatAmount(BigInt(rows[0]?.balance ?? 0), currency)
}
