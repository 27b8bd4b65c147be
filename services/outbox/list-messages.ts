import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type MessageFilter, type OutboxView, readMessages } from './message-view.ts'

/** What bots have to tell, newest first. Needs `outbox.read`. */
export async function listMessages(tx: Queryable, actor: Actor, filter: MessageFilter): Promise<OutboxView[]> {
  assertMay(actor, 'outbox.read', filter.tenant)
  return readMessages(tx, filter)
}
