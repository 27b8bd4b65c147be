import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { TopUpView } from '../../domain/top-up.ts'
import { readTopUps } from './read-top-ups.ts'

/** One top-up; undefined when there is none of that id, or it is another tenant's. */
export async function showTopUp(tx: Queryable, actor: Actor, input: { id: number }): Promise<TopUpView | undefined> {
  assertMay(actor, 'top_up.read', actor.tenant ?? undefined)
  const [view] = await readTopUps(tx, { id: input.id, tenant: actor.tenant })
  return view
}
