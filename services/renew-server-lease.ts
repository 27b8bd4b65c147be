import type { Queryable } from '../db/transaction.ts'
import type { RenewVerdict } from '../domain/server-lease.ts'

/**
 * Renews a server's lease: one statement, one row, however many bots it runs. A lapsed lease is never renewed
 * (design section 5, point 2): it has lapsed when it is past by the database's clock and by where the caller's
 * monotonic clock says that the database's should be, so that a jump of the one ends no lease.
 */
export async function renewServerLease(
  database: Queryable,
  input: { server: string; serverEpoch: number; ttlMs: number; expectedClockMs?: number | undefined },
): Promise<RenewVerdict> {
  const { rows } = await database.query<{
    draining: boolean
    drain_pinned: 'stay' | 'stop'
    capacity: number
    clock_ms: number
  }>(
    `update server set beat = beat + 1, lease_until = clock_timestamp() + $3 * interval '1 millisecond'
     where name = $1 and server_epoch = $2 and holder is not null
       and lease_until > least(clock_timestamp(), to_timestamp($4::double precision / 1000))
     returning draining, drain_pinned, capacity, (extract(epoch from clock_timestamp()) * 1000)::double precision as clock_ms`,
    [input.server, input.serverEpoch, input.ttlMs, input.expectedClockMs ?? null],
  )
  const row = rows[0]
  if (row === undefined) return { kind: 'lost' }
  const { draining, drain_pinned: drainPinned, capacity } = row
  return { kind: 'renewed', orders: { draining, drainPinned, capacity }, clockMs: row.clock_ms }
}
