import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'

/** What waits for the master's people: agents there are, withdrawals to approve or pay, top-ups to confirm. */
export async function countOpen(
  tx: Queryable,
  actor: Actor,
): Promise<{ agents: number; withdrawals: number; topUps: number }> {
  for (const permission of ['agent.read', 'withdrawal.read', 'top_up.read'] as const) assertMay(actor, permission)
  const { rows } = await tx.query<{ agents: number; withdrawals: number; top_ups: number }>(
    `select (select count(*) from tenant where id <> 'master')::integer as agents,
       (select count(*) from withdrawal where state in ('requested', 'approved'))::integer as withdrawals,
       (select count(*) from top_up where state = 'requested')::integer as top_ups`,
  )
  const counted = rows[0]
  if (counted === undefined) throw new Error('a select without a table has one row')
  return { agents: counted.agents, withdrawals: counted.withdrawals, topUps: counted.top_ups }
}
