import type { Queryable } from '../../db/transaction.ts'

const batchSize = 200

/**
 * Cancels a batch of orders that were not paid in time: their goods go back on the shelf, and their buyers are told.
 * Several servers may do it at once.
 * @returns how many; call again while it is not zero.
 */
export async function releaseUnpaid(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ released: number }>('select release_unpaid_orders($1) as released', [batchSize])
  return rows[0]?.released ?? 0
}
