import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { clockJumpMaxMs } from '../domain/expiry-pause.ts'
import { appendAudit } from './append-audit.ts'

export interface ExpireDue {
  /** Where the caller's monotonic clock says that the database's is, in milliseconds since 1970; unset: unknown. */
  readonly expectedClockMs?: number
}

export interface Sweep {
  /** The bots that were flipped. */
  readonly ids: string[]
  /** The database's clock by which the sweep judged. */
  readonly clockMs: number
}

/**
 * Flips every bot whose time has run out to `expired`, on whatever server it is (a dead server's bots expire too).
 * Rows that another sweep holds are left to it. A clock that is off what the caller expects by more than 5 minutes
 * flips nothing: it is read once, in the statement that flips, so that a jump cannot come in between.
 */
export async function expireDue(tx: Tx, actor: Actor, input: ExpireDue = {}): Promise<Sweep> {
  assertMay(actor, 'instance.expire')
  await tx.query(`select set_config('botfleet.actor', $1, true)`, [actor.name])
  const { rows } = await tx.query<{ clock_ms: number; id: string | null; tenant_id: string }>(
    `with clock as materialized (
       select at, (extract(epoch from at) * 1000)::double precision as ms from (select clock_timestamp() as at) as reading
     ), due as materialized (
       select coalesce((select stands_at from expiry_pause where confirmed_at is null), at) as at from clock
       where $1::double precision is null or abs(ms - $1) <= $2
     ), expired as (
       update instance set status = 'expired'
       where id in (
         select i.id from due, instance i where i.status = 'approved' and i.expires_at <= due.at
         order by i.id for update of i skip locked
       )
       returning id, tenant_id
     )
     select clock.ms as clock_ms, expired.id, expired.tenant_id from clock left join expired on true`,
    [input.expectedClockMs ?? null, clockJumpMaxMs],
  )
  const ids: string[] = []
  for (const { id, tenant_id: tenantId } of rows) {
    if (id === null) continue
    ids.push(id)
    await appendAudit(tx, actor, { action: 'instance.expire', targetKind: 'instance', targetId: id, tenantId })
  }
  const clockMs = rows[0]?.clock_ms
  if (clockMs === undefined) throw new Error('the sweep read no clock')
  return { ids, clockMs }
}
