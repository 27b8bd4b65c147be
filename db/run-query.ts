import type pg from 'pg'
import type { Prepared, QueryOutcome } from './transaction.ts'

/** Runs one statement on a connection and gives what it came to in our own words. */
export async function runQuery<Row>(
  client: pg.ClientBase,
  statement: string | Prepared,
  values: readonly unknown[] = [],
): Promise<QueryOutcome<Row>> {
  const named = typeof statement === 'string' ? { text: statement } : statement
  const result = await client.query({ ...named, values: [...values] })
  return { rows: result.rows as Row[], rowCount: result.rowCount ?? result.rows.length }
}
