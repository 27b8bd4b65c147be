/**
 * Tells owners and admins what the clock brings: subscriptions that end soon, bots that have been down for long and are
 * back, and carries on what broadcasts have begun. Every server looks; each thing is told once, since the row that it is
 * about says that it was.
 */
import { carryOnBroadcasts } from '../services/outbox/broadcasts/carry-on-broadcasts.ts'
import { tellEndingSoon } from '../services/outbox/tell-ending-soon.ts'
import { tellOutages } from '../services/outbox/tell-outages.ts'
import type { OrchestratorContext } from './context.ts'
import { type Part, startRepeating } from './repeating.ts'

/** Bots that did not run because this server did not are starting at the first look, half a minute after it. */
const everyMs = 30_000

export function startNotices(context: OrchestratorContext): Part {
  const { database } = context
  return startRepeating(context, {
    name: 'notices',
    work: async () => {
      await database.transaction(tellEndingSoon)
      await database.transaction(tellOutages)
      while (await database.transaction(carryOnBroadcasts));
    },
    nextInMs: () => everyMs,
  })
}
