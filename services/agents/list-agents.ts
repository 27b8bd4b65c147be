import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { AgentView } from '../../domain/agent.ts'
import { readAgents } from './agent-view.ts'

/** Every agent with its bots, customers and sales, by name (seed row S0-070); an agent sees only itself. */
export async function listAgents(
  database: Queryable,
  actor: Actor,
  input: { readonly status?: AgentView['status'] | undefined },
): Promise<AgentView[]> {
  const own = actor.role === 'agent' ? actor.tenant : null
  assertMay(actor, 'agent.read', own ?? undefined)
  const agents = await readAgents(database, own)
  return agents.filter((agent) => input.status === undefined || agent.status === input.status)
}
