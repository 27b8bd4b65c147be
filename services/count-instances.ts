import type { Queryable } from '../db/transaction.ts'

export interface InstanceCounts {
  total: number
  new: number
  approved: number
  expired: number
}

/** A server's bots by status, as seed 004's server-info wants them (seed rows S4-038, S4-075); deleted ones left out. */
export async function countInstances(database: Queryable, input: { server: string }): Promise<InstanceCounts> {
  const { rows } = await database.query<InstanceCounts>(
    `select count(*)::int as total, count(*) filter (where status = 'new')::int as new,
       count(*) filter (where status = 'approved')::int as approved,
       count(*) filter (where status = 'expired')::int as expired
     from instance where server_name = $1 and status <> 'deleted'`,
    [input.server],
  )
  return rows[0] ?? { total: 0, new: 0, approved: 0, expired: 0 }
}
