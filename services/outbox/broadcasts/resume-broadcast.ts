import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import type { BroadcastView } from './broadcast-view.ts'
import { moveBroadcast } from './lock-broadcast.ts'

/** Goes on with a paused broadcast. Throws `conflict` when it is not paused. */
export function resumeBroadcast(tx: Tx, actor: Actor, input: { readonly id: number }): Promise<BroadcastView> {
  return moveBroadcast(tx, actor, { ...input, from: ['paused'], to: 'sending', verb: 'resumed' })
}
