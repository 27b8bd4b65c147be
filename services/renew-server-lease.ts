import type { Queryable } from '../db/transaction.ts'
import type { RenewVerdict } from '../domain/server-lease.ts'

/**
 * Renews a server's lease: one statement, one row, however many bots it runs. A lapsed lease is never renewed
 * (design section 5, point 2).
 */
export async function renewServerLease(
  database: Queryable,
  input: { server: string; serverEpoch: number; ttlMs: number },
): Promise<RenewVerdict> {
  const { rows } = await database.query<{ draining: boolean; drain_pinned: 'stay' | 'stop'; capacity: number }>(
    `update server set beat = beat + 1, lease_until = clock_timestamp() + $3 * interval '1 millisecond'
     where name = $1 and server_epoch = $2 and holder is not null and lease_until > clock_timestamp()
     returning draining, drain_pinned, capacity`,
    [input.server, input.serverEpoch, input.ttlMs],
  )
  const row = rows[0]
  if (row === undefined) return { kind: 'lost' }
  const { draining, drain_pinned: drainPinned, capacity } = row
  return { kind: 'renewed', orders: { draining, drainPinned, capacity } }
}
