import type { Queryable } from '../../../db/transaction.ts'
import { type Actor, assertMay } from '../../../domain/actor.ts'
import { type BroadcastView, readBroadcasts } from './broadcast-view.ts'

/** Broadcasts of a tenant, or of all, newest first. `before` pages on by id. */
export async function listBroadcasts(
  tx: Queryable,
  actor: Actor,
  input: { readonly tenant?: string | undefined; readonly before?: number | undefined; readonly limit: number },
): Promise<BroadcastView[]> {
  assertMay(actor, 'broadcast.send', input.tenant)
  return readBroadcasts(tx, input)
}
