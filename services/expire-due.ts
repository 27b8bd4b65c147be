import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { appendAudit } from './append-audit.ts'

/**
 * Flips every bot whose time has run out to `expired`, on whatever server it is (a dead server's bots expire too).
 * Rows that another sweep holds are left to it.
 * @returns the ids that were flipped.
 */
export async function expireDue(tx: Tx, actor: Actor, _input: Record<string, never> = {}): Promise<string[]> {
  assertMay(actor, 'instance.expire')
  await tx.query(`select set_config('botfleet.actor', $1, true)`, [actor.name])
  const { rows } = await tx.query<{ id: string; tenant_id: string }>(
    `update instance set status = 'expired'
     where id in (
       select id from instance where status = 'approved' and expires_at <= clock_timestamp()
       order by id for update skip locked
     )
     returning id, tenant_id`,
  )
  for (const { id, tenant_id } of rows) {
    await appendAudit(tx, actor, {
      action: 'instance.expire',
      targetKind: 'instance',
      targetId: id,
      tenantId: tenant_id,
    })
  }
  return rows.map(({ id }) => id)
}
