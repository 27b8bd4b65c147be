import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { OwnerView } from '../../domain/agent.ts'
import { ownersOf } from './owners-of.ts'
import { assertAgentExists, assertMayIn } from './tenant-not-found.ts'

/** Who owns an agent's shop. Throws `not_found`. */
export async function listOwners(
  database: Queryable,
  actor: Actor,
  input: { readonly tenant: string },
): Promise<OwnerView[]> {
  assertMayIn(actor, 'agent.read', input.tenant)
  await assertAgentExists(database, input.tenant)
  return ownersOf(database, input.tenant)
}
