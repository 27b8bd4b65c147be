import type { Queryable } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'

/** Whether a customer wants broadcasts. */
export async function wantsNews(tx: Queryable, buyer: Buyer): Promise<boolean> {
  const { rows } = await tx.query<{ wants: boolean }>(
    'select broadcasts_off_at is null as wants from customer where id = $1 and tenant_id = $2',
    [buyer.customerId, buyer.tenant],
  )
  return rows[0]?.wants ?? true
}
