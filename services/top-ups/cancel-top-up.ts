import type { Tx } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import type { TopUpOutcome } from '../../domain/top-up.ts'
import { endTopUp } from './end-top-up.ts'

/** The customer does not want it any more. Money that comes all the same is credited when an admin confirms it. */
export function cancelTopUp(tx: Tx, buyer: Buyer, input: { id: number }): Promise<TopUpOutcome> {
  return endTopUp(tx, { id: input.id, state: 'cancelled', by: `customer:${buyer.customerId}`, buyer })
}
