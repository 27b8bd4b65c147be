import type pg from 'pg'
import type { QueryOutcome } from './transaction.ts'

/** Runs one statement on a connection and gives what it came to in our own words. */
export async function runQuery<Row>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<QueryOutcome<Row>> {
  const result = await client.query(text, [...values])
  return { rows: result.rows as Row[], rowCount: result.rowCount ?? result.rows.length }
}
