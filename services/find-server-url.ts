import type { Queryable } from '../db/transaction.ts'

/** Where a server says that it can be reached; null when it never said so. */
export async function findServerUrl(database: Queryable, input: { readonly server: string }): Promise<string | null> {
  const { rows } = await database.query<{ url: string | null }>('select url from server where name = $1', [
    input.server,
  ])
  return rows[0]?.url ?? null
}
