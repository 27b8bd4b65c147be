import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import type { BroadcastView } from './broadcast-view.ts'
import { moveBroadcast } from './lock-broadcast.ts'

/** Stops a broadcast where it is; what a bot has in hand still goes out. Throws `conflict` when it is not being sent. */
export function pauseBroadcast(tx: Tx, actor: Actor, input: { readonly id: number }): Promise<BroadcastView> {
  return moveBroadcast(tx, actor, { ...input, from: ['sending'], to: 'paused', verb: 'paused' })
}
