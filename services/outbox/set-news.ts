import type { Queryable } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'

/** Notes whether a customer wants broadcasts; those that wait for one who does not are dropped when they come up. */
export async function setNews(
  tx: Queryable,
  buyer: Buyer,
  input: { readonly wanted: boolean },
): Promise<{ wanted: boolean }> {
  await tx.query(
    `update customer set broadcasts_off_at = case when $3 then null else coalesce(broadcasts_off_at, now()) end
     where id = $1 and tenant_id = $2`,
    [buyer.customerId, buyer.tenant, input.wanted],
  )
  return { wanted: input.wanted }
}
