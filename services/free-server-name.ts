import type { Queryable } from '../db/transaction.ts'

/**
 * Frees a server's name when its supervisor leaves in order; only when none of its workers can still be alive
 * (design section 5, point 7).
 * @returns whether the name was freed; false leaves the lease to lapse.
 */
export async function freeServerName(
  database: Queryable,
  input: { server: string; serverEpoch: number },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update server s set holder = null, lease_until = null
     where s.name = $1 and s.server_epoch = $2
       and not exists (select 1 from instance_lease l where l.server_name = s.name and l.phase <> 'idle')`,
    [input.server, input.serverEpoch],
  )
  return rowCount === 1
}
