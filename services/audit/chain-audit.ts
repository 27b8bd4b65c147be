import type { Database } from '../../db/database.ts'

const batchSize = 1_000

/**
 * Chains every audit row that waits, in transactions of its own. Any number of servers may call it: they chain one after
 * the other. @returns how many rows were chained.
 */
export async function chainAudit(database: Pick<Database, 'transaction'>): Promise<number> {
  let total = 0
  for (let chained = batchSize; chained === batchSize; total += chained) chained = await chainBatch(database)
  return total
}

async function chainBatch(database: Pick<Database, 'transaction'>): Promise<number> {
  const { rows } = await database.transaction((tx) =>
    tx.query<{ chained: number }>('select chain_audit($1) as chained', [batchSize]),
  )
  return rows[0]?.chained ?? 0
}
