import type { Queryable } from '../db/transaction.ts'

/** Ids of the keys that this database is sealed with and that are not retired. */
export async function listKeyFingerprints(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ key_id: string }>(
    'select key_id from key_fingerprint where retired_at is null order by created_at',
  )
  return rows.map((row) => row.key_id)
}
