/** What bots have to tell: messages and broadcasts. */
import { Failure } from './failure.ts'

export const messageStates = ['queued', 'claimed', 'sent', 'dead', 'dropped'] as const
export type MessageState = (typeof messageStates)[number]

/** News to a tenant's customers. */
export const broadcastStates = ['draft', 'sending', 'paused', 'done', 'cancelled'] as const
export type BroadcastState = (typeof broadcastStates)[number]

/** Throws `not_found` where messages were named and none of them was `what` it must be. */
export function refuseNothing(named: readonly number[], done: readonly number[], what: string): void {
  if (named.length > 0 && done.length === 0) {
    throw new Failure('not_found', `none of these is ${what}: ./botfleet outbox show ${named[0]}`)
  }
}
