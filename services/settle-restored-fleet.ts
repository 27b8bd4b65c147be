import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { restingStates } from '../domain/instance.ts'
import { appendAudit } from './append-audit.ts'

/**
 * Far more than a fleet can have used between a backup and its restore: a supervisor or worker of that time never finds
 * its own epoch again. `server_epoch` has no nonce beside it that would tell a re-issued one.
 */
const epochStep = 1_000_000

/**
 * A number of the feed of changes above all that were given out after the backup was taken: whoever watched then and comes
 * back is not told the wrong part of the new ones. It grows with time, by more than the changes of a second.
 */
const nextChangeId = 'greatest(max(id) + 1, (extract(epoch from clock_timestamp()) * 100000)::bigint)'

export interface SettleRestoredFleet {
  /** When the backup was taken. */
  readonly takenAt: string
  /** The server that took it. */
  readonly server: string
}

export interface SettledFleet {
  /** Bots that ran when the backup was taken, and now wait for their server. */
  readonly stopped: number
  readonly sessionsRevoked: number
  /** The longest time to live under which a server of that fleet held its name; 0 when none is known. */
  readonly leaseTtlMs: number
}

/**
 * Makes a fleet out of restored rows (design section 5, point 11): nobody holds a name, no worker is known, every epoch
 * is new. What people had in their hands when the backup was taken and may have given up since, open sessions, API
 * tokens and unused codes, is void.
 */
export async function settleRestoredFleet(tx: Tx, actor: Actor, input: SettleRestoredFleet): Promise<SettledFleet> {
  assertMay(actor, 'database.restore')
  const servers = await tx.query<{ lease_ttl_ms: number | null }>(
    `update server set server_epoch = server_epoch + $1, beat = beat + 1, holder = null, lease_until = null,
       standby_count = 0, standby_memory_bytes = 0
     returning lease_ttl_ms`,
    [epochStep],
  )
  await tx.query(
    `update instance_lease set epoch = epoch + $1, server_epoch = server_epoch + $1, nonce = gen_random_uuid()::text,
       phase = 'idle', process = null, may_run_until = null`,
    [epochStep],
  )
  await tx.query(`update pairing set step = 'cancelled' where is_open_step(step)`)
  await tx.query(`update instance set desired = 'stopped' where desired = 'pairing'`)
  const stopped = await tx.query(
    `update instance set state = 'stopped', attempt = 0, next_try_at = null, last_error = $2
     where state <> 'stopped' and state <> all($1::text[])`,
    [[...restingStates], `restored from a backup of ${input.takenAt}`],
  )
  const revoked = await tx.query('update user_session set revoked_at = now() where revoked_at is null')
  await tx.query('update api_token set revoked_at = now() where revoked_at is null')
  await tx.query('update link_code set used_at = now() where used_at is null')
  await tx.query(`select setval(pg_get_serial_sequence('change_event', 'id'), ${nextChangeId}) from change_event`)
  const settled = { stopped: stopped.rowCount, sessionsRevoked: revoked.rowCount }
  const leaseTtlMs = Math.max(0, ...servers.rows.map(({ lease_ttl_ms: ttlMs }) => ttlMs ?? 0))
  await appendAudit(tx, actor, {
    action: 'database.restore',
    targetKind: 'database',
    targetId: null,
    tenantId: null,
    details: { taken_at: input.takenAt, server: input.server, ...settled },
  })
  return { ...settled, leaseTtlMs }
}
