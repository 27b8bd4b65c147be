import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { AgentView } from '../../domain/agent.ts'
import { readAgents } from './agent-view.ts'
import { assertMayIn, tenantNotFound } from './tenant-not-found.ts'

/** One agent; an agent sees itself. Throws `not_found`. */
export async function showAgent(
  database: Queryable,
  actor: Actor,
  input: { readonly tenant: string },
): Promise<AgentView> {
  assertMayIn(actor, 'agent.read', input.tenant)
  const [view] = await readAgents(database, input)
  if (view === undefined) throw tenantNotFound(input.tenant)
  return view
}
