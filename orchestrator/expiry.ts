/**
 * Expiry by timer and by sweep: every server flips due rows of any server, so a dead server's bots expire too; the
 * owner of the lease stops the process (design section 4).
 */
import type { Actor } from '../domain/actor.ts'
import { expireDue } from '../services/expire-due.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type Part, startRepeating } from './repeating.ts'

const soonestMs = 200

/** Sweeps every `EXPIRY_CHECK_SECONDS`, and at the moment the next subscription of a running bot ends. */
export function startExpiry(context: OrchestratorContext, fleet: Fleet, wake: () => void): Part {
  const actor: Actor = {
    name: `system:expiry@${context.server}`,
    userId: null,
    role: 'owner',
    tenant: null,
    source: 'serve',
  }
  const sweepMs = context.settings.EXPIRY_CHECK_SECONDS * 1000
  return startRepeating(context, {
    name: 'expiry',
    work: async () => {
      const expired = await context.database.transaction((tx) => expireDue(tx, actor, {}))
      if (expired.length === 0) return
      context.log.info({ instances: expired }, 'subscriptions ended')
      wake()
    },
    nextInMs: () => {
      const nextAtMs = fleet.nextExpiryAtMs()
      if (nextAtMs === undefined) return sweepMs
      return Math.min(sweepMs, Math.max(soonestMs, nextAtMs - context.clock.monotonicMs() + 50))
    },
    // A new bot may end sooner than the timer that is armed: look again this often.
    lookEveryMs: 1000,
  })
}
