import type { Queryable } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import type { TopUpState, TopUpView } from '../../domain/top-up.ts'
import { readTopUps } from './read-top-ups.ts'

/** A customer's own top-ups, newest first; `before` pages on by id. */
export async function topUpsOfBuyer(
  tx: Queryable,
  buyer: Buyer,
  input: { id?: number; status?: TopUpState; before?: number; limit?: number } = {},
): Promise<TopUpView[]> {
  const { id, status: state, before, limit = 10 } = input
  return readTopUps(tx, { id, tenant: buyer.tenant, customer: buyer.customerId, state, before, limit })
}
