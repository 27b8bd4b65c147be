import type { Tx } from '../db/transaction.ts'
import { leaseTtlMaxMs, type TakeVerdict } from '../domain/server-lease.ts'

export interface TakeServerName {
  readonly server: string
  /** Process identity of the supervisor that wants the name. */
  readonly holder: string
  readonly ttlMs: number
  readonly capacity: number
  readonly url: string | null
  readonly version: string
  /** Whether that holder's process is provably dead; asked under the row lock. */
  readonly isProvablyDead: (holder: string) => boolean
  /** A beat that was seen unchanged for TTL and a margin on the caller's monotonic clock; null when none was watched. */
  readonly stillBeat: number | null
}

interface ServerRow {
  holder: string | null
  beat: number
  server_epoch: number
  lease_left_ms: number | null
  lease_ttl_ms: number | null
}

/**
 * Takes a server's name for a supervisor: free, lapsed, or its holder provably dead (design section 5, point 1).
 * One transaction raises `server_epoch`, keeps the old lease's end as `may_run_until` of every worker of that name
 * and marks them `adopting`. Times are the database's `clock_timestamp()` after the row lock is held.
 */
export async function takeServerName(tx: Tx, input: TakeServerName): Promise<TakeVerdict> {
  await tx.query('insert into server (name, capacity) values ($1, $2) on conflict (name) do nothing', [
    input.server,
    input.capacity,
  ])
  // The clock is read in a statement of its own: in the locking statement it could be older than the wait for the lock.
  await tx.query('select 1 from server where name = $1 for update', [input.server])
  const { rows } = await tx.query<ServerRow>(
    `select holder, beat, server_epoch, lease_ttl_ms, (extract(epoch from lease_until - clock_timestamp()) * 1000)::double precision as lease_left_ms
     from server where name = $1`,
    [input.server],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('the server row vanished under its own lock')
  const refusal = refusalOf(row, input)
  if (refusal !== undefined) return refusal

  await tx.query(
    `update instance_lease l set phase = 'adopting', may_run_until = s.lease_until
     from server s where s.name = $1 and l.server_name = s.name and l.phase = 'held'`,
    [input.server],
  )
  const taken = await tx.query<{
    server_epoch: number
    draining: boolean
    drain_pinned: 'stay' | 'stop'
    capacity: number
    clock_ms: number
  }>(
    `update server set server_epoch = server_epoch + 1, holder = $2, beat = beat + 1, capacity = $4, url = $5, version = $6,
       lease_ttl_ms = case when ${anyWorkerLeft} then greatest(lease_ttl_ms, $3::int) else $3::int end, standby_count = 0, standby_memory_bytes = 0,
       lease_until = clock_timestamp() + $3::int * interval '1 millisecond', started_at = clock_timestamp()
     where name = $1 returning server_epoch, draining, drain_pinned, capacity,
       (extract(epoch from clock_timestamp()) * 1000)::double precision as clock_ms`,
    [input.server, input.holder, Math.round(input.ttlMs), input.capacity, input.url, input.version],
  )
  const held = taken.rows[0]
  if (held === undefined) throw new Error('the server row vanished under its own lock')
  const { server_epoch: serverEpoch, draining, drain_pinned: drainPinned, capacity } = held
  const orders = { draining, drainPinned, capacity }
  return { kind: 'taken', serverEpoch, orders, earlierTtlMs: row.lease_ttl_ms, clockMs: held.clock_ms }
}

/**
 * A worker of an earlier term may still have what that one's longer lease granted it, also when it was adopted since:
 * whoever waits until this name's lease cannot be valid any more waits that long.
 */
const anyWorkerLeft = `exists (select from instance_lease l where l.server_name = server.name and l.phase <> 'idle')`

function refusalOf(row: ServerRow, input: TakeServerName): TakeVerdict | undefined {
  if (row.holder === null || row.holder === input.holder || input.isProvablyDead(row.holder)) return undefined
  const leaseLeftMs = row.lease_left_ms ?? 0
  // No lease lasts longer than it was given: the database's clock has gone back, and says nothing about this one.
  const isCredible = leaseLeftMs <= (row.lease_ttl_ms ?? leaseTtlMaxMs)
  if (leaseLeftMs > 0 && isCredible) return { kind: 'held', holder: row.holder, leaseLeftMs }
  // Lapsed by the database's clock, which may have jumped: the beat must also have stood still.
  if (input.stillBeat === row.beat) return undefined
  return { kind: 'watch_beat', holder: row.holder, beat: row.beat, leaseTtlMs: row.lease_ttl_ms }
}
