import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import { agentIdOf } from '../domain/tenant.ts'

/** Whether a tenant is paused; it stays so, or not, until this transaction ends. */
export async function tenantIsPaused(tx: Tx, tenant: string): Promise<boolean> {
  const { rows } = await tx.query<{ paused: boolean }>(
    `select status = 'paused' as paused from tenant where id = $1 for share`,
    [tenant],
  )
  return rows[0]?.paused ?? false
}

/** Refuses what would run a bot of a paused agent. */
export async function refuseWhileAgentPaused(
  tx: Tx,
  instance: { readonly id: string; readonly tenant_id: string },
  command: string,
): Promise<void> {
  if (!(await tenantIsPaused(tx, instance.tenant_id))) return
  const agent = agentIdOf(instance.tenant_id)
  throw new Failure(
    'conflict',
    `${command} is not possible: the agent of ${instance.id} is paused; ./botfleet agent resume ${agent} brings its bots back`,
    { details: { tenant: instance.tenant_id } },
  )
}
