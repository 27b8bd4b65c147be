import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { clockJumpMaxMs } from '../domain/expiry-pause.ts'
import { leaseTtlMaxMs } from '../domain/server-lease.ts'
import { appendAudit } from './append-audit.ts'

export interface PauseExpiry {
  readonly server: string
  readonly kind: 'jump' | 'difference'
  /** How far the database's clock went at least; negative when it went back. Milliseconds. */
  readonly jumpMs: number
  /** Where subscription time stands from now on: the database's clock without the jump, in milliseconds since 1970. */
  readonly standsAtMs: number
  /** The clock of the last reading before the jump, in the same milliseconds. */
  readonly lastSeenMs: number
}

/**
 * `paused`: this call opened the pause. `already_paused`: one was open, another server was first. `confirmed_before`:
 * an operator has judged this very jump already, while this server could not look.
 */
export type PauseVerdict = 'paused' | 'already_paused' | 'confirmed_before'

/** Pauses expiry on every server until an operator confirms the database's clock (design section 4); the first one wins. */
export async function pauseExpiry(tx: Tx, actor: Actor, input: PauseExpiry): Promise<PauseVerdict> {
  assertMay(actor, 'instance.expire')
  if (await wasConfirmedBefore(tx, input)) return 'confirmed_before'
  const opened = await tx.query(
    `insert into expiry_pause (noticed_at, noticed_by, kind, jump_ms, stands_at)
     values (clock_timestamp(), $1, $2, $3, to_timestamp($4::double precision / 1000)) on conflict do nothing`,
    [input.server, input.kind, Math.round(input.jumpMs), input.standsAtMs],
  )
  if (opened.rowCount === 0) return 'already_paused'
  if (input.kind === 'jump' && input.jumpMs < 0) await takeLeasesBack(tx, input.jumpMs)
  await appendAudit(tx, actor, {
    action: 'server.pause_expiry',
    targetKind: 'server',
    targetId: input.server,
    tenantId: null,
    details: {
      kind: input.kind,
      jump_ms: Math.round(input.jumpMs),
      stands_at: new Date(input.standsAtMs).toISOString(),
    },
  })
  return 'paused'
}

/**
 * A jump is the same when it is as far and came after our last reading; a difference, when it is as large at the same
 * server: a host whose clock stays wrong does not pause the fleet at each of its starts.
 */
async function wasConfirmedBefore(tx: Tx, input: PauseExpiry): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from expiry_pause
     where confirmed_at is not null and kind = $1 and abs(jump_ms - $2::double precision) <= $3
       and case kind when 'jump' then stands_at >= to_timestamp($4::double precision / 1000) else noticed_by = $5 end
     limit 1`,
    [input.kind, input.jumpMs, clockJumpMaxMs, input.lastSeenMs, input.server],
  )
  return rowCount > 0
}

/**
 * A server that died before its clock went back would seem to hold its lease for as long as the jump was. What ends
 * later than any lease could was written under the old clock and goes back with it. Nothing ends too early by this:
 * who takes over has watched the beat on a monotonic clock besides.
 */
async function takeLeasesBack(tx: Tx, jumpMs: number): Promise<void> {
  const [jump, longest] = [`$1 * interval '1 millisecond'`, `clock_timestamp() + $2 * interval '1 millisecond'`]
  for (const [table, column] of [
    ['server', 'lease_until'],
    ['instance_lease', 'may_run_until'],
  ]) {
    await tx.query(`update ${table} set ${column} = ${column} + ${jump} where ${column} > ${longest}`, [
      jumpMs,
      leaseTtlMaxMs,
    ])
  }
}
