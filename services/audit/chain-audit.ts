import type { Queryable } from '../../db/transaction.ts'

const batchSize = 1_000

/**
 * Chains every audit row that waits, a batch a statement. Any number of servers may call it: they chain one after the
 * other. @returns how many rows were chained.
 */
export async function chainAudit(database: Queryable): Promise<number> {
  let total = 0
  for (let chained = batchSize; chained === batchSize; total += chained) {
    const { rows } = await database.query<{ chained: number }>('select chain_audit($1) as chained', [batchSize])
    chained = rows[0]?.chained ?? 0
  }
  return total
}
