import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { TopUpState, TopUpView } from '../../domain/top-up.ts'
import { readTopUps } from './read-top-ups.ts'

/** Top-ups, newest first, of one tenant or of all; an agent sees its own. `before` pages on by id. */
export async function listTopUps(
  tx: Queryable,
  actor: Actor,
  input: {
    tenant?: string | undefined
    customer?: string | undefined
    status?: TopUpState | undefined
    before?: number | undefined
    limit?: number
  } = {},
): Promise<TopUpView[]> {
  const tenant = input.tenant ?? actor.tenant
  assertMay(actor, 'top_up.read', tenant ?? undefined)
  const { customer, status: state, before, limit = 50 } = input
  return readTopUps(tx, { tenant, customer, state, before, limit })
}
