import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { tenantNotFound } from './tenant-not-found.ts'

/**
 * Locks an agent with its bots, the bots first: whoever changes one of them looks at its agent afterwards
 * (services/tenant-is-paused.ts). Also names the actor for the event trigger. Throws `not_found`.
 * @returns its status.
 */
export async function lockAgent(tx: Tx, actor: Actor, tenant: string): Promise<'active' | 'paused'> {
  if (tenant === masterTenant) throw tenantNotFound(tenant)
  await tx.query(`select set_config('botfleet.actor', $1, true)`, [actor.name])
  await tx.query('select 1 from instance where tenant_id = $1 order by id for update', [tenant])
  const { rows } = await tx.query<{ status: 'active' | 'paused' }>(
    'select status from tenant where id = $1 for no key update',
    [tenant],
  )
  const status = rows[0]?.status
  if (status === undefined) throw tenantNotFound(tenant)
  return status
}
