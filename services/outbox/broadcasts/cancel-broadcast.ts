import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import type { BroadcastView } from './broadcast-view.ts'
import { moveBroadcast } from './lock-broadcast.ts'

/** Ends a broadcast for good: who has not got it does not. Throws `conflict` when it is over already. */
export function cancelBroadcast(tx: Tx, actor: Actor, input: { readonly id: number }): Promise<BroadcastView> {
  return moveBroadcast(tx, actor, {
    ...input,
    from: ['draft', 'sending', 'paused'],
    to: 'cancelled',
    verb: 'cancelled',
  })
}
