import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import type { ExpiryPause } from '../domain/expiry-pause.ts'
import { Failure } from '../domain/failure.ts'
import { appendAudit } from './append-audit.ts'
import { type ExpiryPauseRow, expiryPauseColumns, expiryPauseOf } from './read-expiry-pause.ts'

export interface ConfirmedClock {
  readonly pause: ExpiryPause
  /** The database's clock, by which subscriptions run again from now on. */
  readonly clock: string
  /** Bots whose time has run out by it: the next sweep of any server expires them. */
  readonly due: string[]
}

/** An operator vouches for the database's clock as it is now: the open pause ends and expiry goes on. */
export async function confirmClock(tx: Tx, actor: Actor, _input: Record<string, never> = {}): Promise<ConfirmedClock> {
  assertMay(actor, 'server.confirm_clock')
  const confirmed = await tx.query<ExpiryPauseRow & { confirmed_at: Date }>(
    `update expiry_pause set confirmed_at = clock_timestamp(), confirmed_by = $1 where confirmed_at is null
     returning ${expiryPauseColumns}, confirmed_at`,
    [actor.name],
  )
  const row = confirmed.rows[0]
  if (row === undefined) throw new Failure('conflict', 'expiry is not paused: there is nothing to confirm')
  const { confirmed_at: clock, ...pause } = row
  const due = await tx.query<{ id: string }>(
    `select id from instance where status = 'approved' and expires_at <= $1 order by id`,
    [clock],
  )
  const ids = due.rows.map(({ id }) => id)
  await appendAudit(tx, actor, {
    action: 'server.confirm_clock',
    targetKind: 'server',
    targetId: pause.noticed_by,
    tenantId: null,
    details: { jump_ms: pause.jump_ms, stood_at: pause.stands_at.toISOString(), due: ids.length },
  })
  return { pause: expiryPauseOf(pause), clock: clock.toISOString(), due: ids }
}
