import type { Queryable } from '../db/transaction.ts'

/** Makes a server's row when it is missing, so that instances can be assigned to it before it has ever started. */
export async function ensureServer(database: Queryable, input: { name: string; capacity?: number }): Promise<void> {
  await database.query('insert into server (name, capacity) values ($1, $2) on conflict (name) do nothing', [
    input.name,
    input.capacity ?? 100,
  ])
}
