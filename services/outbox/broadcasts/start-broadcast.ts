import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { type BroadcastView, readBroadcast } from './broadcast-view.ts'
import { queueRecipients } from './carry-on-broadcasts.ts'
import { moveBroadcast } from './lock-broadcast.ts'

/**
 * Sends a draft to every customer of its tenant who has begun a chat with a bot, has not blocked it and has not opted
 * out; once to each. The first of them are queued at once, the rest by the servers. Throws `conflict` for what is no draft.
 */
export async function startBroadcast(tx: Tx, actor: Actor, input: { readonly id: number }): Promise<BroadcastView> {
  await moveBroadcast(tx, actor, { ...input, from: ['draft'], to: 'sending', verb: 'sent' })
  await queueRecipients(tx, input.id)
  return readBroadcast(tx, input.id)
}
