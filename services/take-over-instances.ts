import type { Tx } from '../db/transaction.ts'
import { beatStillMs, leaseTtlMaxMs } from '../domain/server-lease.ts'
import { leaseHasLapsed } from './lease-has-lapsed.ts'

export interface TakeOverInstances {
  readonly server: string
  readonly serverEpoch: number
  /** The server that is down. */
  readonly from: string
  /** Its beat, seen unchanged for its lease's time and a margin on the caller's monotonic clock. */
  readonly stillBeat: number
  /** For how long the caller has seen it so, by its monotonic clock. */
  readonly stillMs: number
  /** How many bots the caller has room for. */
  readonly room: number
}

/**
 * Takes over from a server that is down: its floating bots, and what its dead lease still holds of bots that were
 * moved here. A row is taken only past its `may_run_until`, under the lock of the other server's row and with its beat
 * still (design section 5, points 1 and 8): a supervisor that returns first keeps them.
 * @returns the ids that may be started here now.
 */
export async function takeOverInstances(tx: Tx, input: TakeOverInstances): Promise<string[]> {
  if (!(await isDown(tx, input)) || !(await isOurs(tx, input))) return []
  const ids = [...(await movedHere(tx, input)), ...(await floatingThere(tx, input))]
  if (ids.length === 0) return []
  await tx.query(
    `update instance_lease set phase = 'idle', process = null, port = null, may_run_until = null
     where instance_id = any($1) and phase <> 'idle'`,
    [ids],
  )
  // It has lost its lease for certain now: were it a machine that was halted with all its clocks, it could not know.
  await tx.query('update server set server_epoch = server_epoch + 1 where name = $1', [input.from])
  await tx.query(`update instance set server_name = $2 where id = any($1) and server_name <> $2`, [ids, input.server])
  return ids
}

/** Bots that were moved here, and whose last worker the server that is down still holds. */
async function movedHere(tx: Tx, input: TakeOverInstances): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select i.id from instance i join instance_lease l on l.instance_id = i.id
     where i.server_name = $2 and l.server_name = $1 and l.phase <> 'idle' and ${isPastDeadline('$3')}
     order by i.id for update of i, l skip locked`,
    [input.from, input.server, outlastsAnyLease(input)],
  )
  return rows.map(({ id }) => id)
}

async function floatingThere(tx: Tx, input: TakeOverInstances): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select i.id from instance i join instance_lease l on l.instance_id = i.id
     where i.server_name = $1 and i.placement = 'floating' and i.status = 'approved' and i.desired = 'running'
       and (l.phase = 'idle' or (l.server_name = $1 and ${isPastDeadline('$3')}))
     order by i.id limit $2 for update of i, l skip locked`,
    [input.from, Math.max(0, input.room), outlastsAnyLease(input)],
  )
  return rows.map(({ id }) => id)
}

/**
 * A row without a bound of its own is bounded by its server's lease, which has lapsed. A bound that the database's clock
 * has left in the future, because it went back, is outlasted.
 */
const isPastDeadline = (outlasted: string) => `(${outlasted} or coalesce(l.may_run_until < clock_timestamp(), true))`

/** Nobody of that name was granted time since the beat stands still, and no grant lasts longer than any lease. */
function outlastsAnyLease(input: TakeOverInstances): boolean {
  return input.stillMs > beatStillMs(leaseTtlMaxMs)
}

/** Locks the other server's row, so that nobody takes its name meanwhile; the clock is read after the lock is held. */
async function isDown(tx: Tx, input: TakeOverInstances): Promise<boolean> {
  await tx.query('select 1 from server where name = $1 for update', [input.from])
  const { rowCount } = await tx.query(
    `select 1 from server
     where name = $1 and (holder is null or (beat = $2 and ${leaseHasLapsed}))`,
    [input.from, input.stillBeat],
  )
  return rowCount === 1
}

async function isOurs(tx: Tx, input: TakeOverInstances): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from server where name = $1 and server_epoch = $2 and lease_until > clock_timestamp() for share`,
    [input.server, input.serverEpoch],
  )
  return rowCount === 1
}
