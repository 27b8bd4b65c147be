import type { Tx } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'

/** Notes whether a customer wants news; null only asks. @returns whether they do. */
export async function wantNews(tx: Tx, buyer: Buyer, input: { wanted: boolean | null }): Promise<boolean> {
  const { rows } = await tx.query<{ wanted: boolean }>(
    `update customer set broadcasts_off_at = case when coalesce($3, broadcasts_off_at is null) then null
       else coalesce(broadcasts_off_at, now()) end
     where id = $1 and tenant_id = $2 returning broadcasts_off_at is null as wanted`,
    [buyer.customerId, buyer.tenant, input.wanted],
  )
  return rows[0]?.wanted ?? true
}
