import type { Queryable } from '../db/transaction.ts'

/** Whether a database may be filled from a backup. */
export type Occupancy =
  | { readonly kind: 'empty' }
  /** These servers run on it. */
  | { readonly kind: 'live'; readonly servers: readonly string[] }
  /** These tables hold something. */
  | { readonly kind: 'occupied'; readonly tables: readonly string[] }

/** What a fresh schema holds by itself. */
const seeded: Readonly<Record<string, string>> = { schema_migration: 'false', tenant: `id <> 'master'` }

/** Looks whether a database holds more than its migrations put there; `tables` are all that it has. */
export async function readOccupancy(database: Queryable, input: { tables: readonly string[] }): Promise<Occupancy> {
  if (input.tables.includes('server')) {
    const live = await database.query<{ name: string }>(
      `select name from server where holder is not null and lease_until > clock_timestamp() order by name`,
    )
    if (live.rows.length > 0) return { kind: 'live', servers: live.rows.map(({ name }) => name) }
  }
  const occupied: string[] = []
  for (const table of input.tables) {
    const { rows } = await database.query<{ found: boolean }>(
      `select exists (select from public."${table.replaceAll('"', '""')}" where ${seeded[table] ?? 'true'}) as found`,
    )
    if (rows[0]?.found === true) occupied.push(table)
  }
  return occupied.length === 0 ? { kind: 'empty' } : { kind: 'occupied', tables: occupied.sort() }
}
