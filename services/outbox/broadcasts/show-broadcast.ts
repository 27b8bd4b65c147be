import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { type BroadcastView, readBroadcast } from './broadcast-view.ts'
import { lockBroadcast } from './lock-broadcast.ts'

/** A broadcast and how far it has come. Throws `not_found`. */
export async function showBroadcast(tx: Tx, actor: Actor, input: { readonly id: number }): Promise<BroadcastView> {
  await lockBroadcast(tx, actor, input)
  return readBroadcast(tx, input.id)
}
