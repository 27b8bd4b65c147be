/**
 * Wakes the workers whose bots have something to tell: within milliseconds of a notification, many of which lead to one
 * poke, and now and then by a look into the database, since a notification can be lost. One query of the server stands
 * for all its bots: an idle bot asks for nothing.
 */
import { dueInstances } from '../services/outbox/due-instances.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type Part, startRepeating } from './repeating.ts'

/** Notifications that come sooner after a poke than this are gathered. */
const gatherMs = 50
const sweepMs = 30_000

export interface OutboxWake extends Part {
  /** A tenant has something to tell; undefined: any may have. */
  wake(tenant: string | undefined): void
}

export function startOutboxWake(context: OrchestratorContext, fleet: Fleet): OutboxWake {
  const { clock, database, door, server } = context
  const tenants = new Set<string>()
  let all = false
  let gathering = false
  let cancel = () => {}

  const poke = () => {
    gathering = false
    if (!all && tenants.size === 0) return
    door.poke(fleet.speaking(all ? undefined : tenants))
    tenants.clear()
    all = false
    gathering = true
    cancel = clock.setTimer(gatherMs, poke)
  }
  const sweep = startRepeating(context, {
    name: 'looking into the outbox',
    work: async () => door.poke(await dueInstances(database, { server })),
    nextInMs: () => sweepMs,
  })
  return {
    wake: (tenant) => {
      if (tenant === undefined) all = true
      else tenants.add(tenant)
      if (!gathering) poke()
    },
    stop: async () => {
      cancel()
      gathering = true
      await sweep.stop()
    },
  }
}
