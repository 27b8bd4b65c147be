import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AgentView } from '../../domain/agent.ts'
import { auditAgent } from './audit-agent.ts'
import { lockAgent } from './lock-agent.ts'
import { showAgent } from './show-agent.ts'

/**
 * Resumes a paused agent (seed row S0-072). Its bots are wished what they were when it was paused: one that was stopped
 * by hand stays stopped, and one whose time has run out waits for its renewal.
 */
export async function resumeAgent(tx: Tx, actor: Actor, input: { readonly tenant: string }): Promise<AgentView> {
  assertMay(actor, 'agent.manage', input.tenant)
  if ((await lockAgent(tx, actor, input.tenant)) === 'paused') {
    await tx.query(`update tenant set status = 'active', updated_at = now() where id = $1`, [input.tenant])
    const started = await tx.query<{ id: string }>(
      `update instance set desired = 'running', resumes_with_agent = false
       where tenant_id = $1 and resumes_with_agent returning id`,
      [input.tenant],
    )
    await auditAgent(tx, actor, input.tenant, 'resume', { started: started.rows.map(({ id }) => id) })
  }
  return showAgent(tx, actor, input)
}
