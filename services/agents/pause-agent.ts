import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AgentView } from '../../domain/agent.ts'
import { auditAgent } from './audit-agent.ts'
import { lockAgent } from './lock-agent.ts'
import { showAgent } from './show-agent.ts'

/**
 * Pauses an agent (seed row S0-071): nobody buys from it any more, and its bots are stopped. Those that were wished
 * running are noted, for `resumeAgent`. Pausing a paused one changes nothing.
 */
export async function pauseAgent(tx: Tx, actor: Actor, input: { readonly tenant: string }): Promise<AgentView> {
  assertMay(actor, 'agent.manage', input.tenant)
  if ((await lockAgent(tx, actor, input.tenant)) === 'active') {
    await tx.query(`update tenant set status = 'paused', updated_at = now() where id = $1`, [input.tenant])
    const stopped = await tx.query<{ id: string }>(
      `update instance set desired = 'stopped', resumes_with_agent = desired = 'running'
       where tenant_id = $1 and desired <> 'stopped' returning id`,
      [input.tenant],
    )
    await auditAgent(tx, actor, input.tenant, 'pause', { stopped: stopped.rows.map(({ id }) => id) })
  }
  return showAgent(tx, actor, input)
}
