import type { Queryable } from '../db/transaction.ts'
import { leaseHasLapsed } from './lease-has-lapsed.ts'

/** Another server of this database, as its lease stands. */
export interface OtherServer {
  readonly name: string
  readonly beat: number
  /** Nobody holds its name. */
  readonly isFree: boolean
  /** By the database's clock, which may have jumped: the beat must stand still besides. */
  readonly hasLapsed: boolean
  readonly leaseTtlMs: number | null
}

/** The other servers that something could be taken over from: those with floating bots, or with a lease on a bot of ours. */
export async function readOtherServers(database: Queryable, server: string): Promise<OtherServer[]> {
  const { rows } = await database.query<{
    name: string
    beat: number
    is_free: boolean
    has_lapsed: boolean
    lease_ttl_ms: number | null
  }>(
    `select s.name, s.beat, s.holder is null as is_free, ${leaseHasLapsed} as has_lapsed,
       s.lease_ttl_ms
     from server s
     where s.name <> $1
       and (exists (select 1 from instance i where i.server_name = s.name and i.placement = 'floating'
              and i.status = 'approved' and i.desired = 'running')
         or exists (select 1 from instance_lease l join instance i on i.id = l.instance_id
              where l.server_name = s.name and l.phase <> 'idle' and i.server_name = $1))`,
    [server],
  )
  return rows.map((row) => ({
    name: row.name,
    beat: row.beat,
    isFree: row.is_free,
    hasLapsed: row.has_lapsed,
    leaseTtlMs: row.lease_ttl_ms,
  }))
}
