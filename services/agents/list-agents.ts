import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AgentView } from '../../domain/agent.ts'
import { type AgentFilter, readAgents } from './agent-view.ts'

/** Every agent with its bots, customers and sales, by name (seed row S0-070); an agent sees only itself. */
export async function listAgents(
  database: Queryable,
  actor: Actor,
  input: Omit<AgentFilter, 'tenant'>,
): Promise<AgentView[]> {
  const own = actor.role === 'agent' ? actor.tenant : null
  assertMay(actor, 'agent.read', own ?? undefined)
  return readAgents(database, { ...input, ...(own === null ? {} : { tenant: own }) })
}
