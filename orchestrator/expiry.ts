/**
 * Expiry of subscriptions and of requests to pair, by timer and by sweep: every server flips due rows of any server, so a
 * dead server's bots expire too; the owner of the lease stops the process (design section 4). A sweep says where the database's clock should be, and a
 * clock that has jumped flips nothing.
 */
import type { Actor } from '../domain/actor.ts'
import { expireDue } from '../services/expire-due.ts'
import { endDuePairings } from '../services/whatsapp/end-due-pairings.ts'
import type { ClockWatch } from './clock-watch.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type RepeatingPart, startRepeating } from './repeating.ts'

const soonestMs = 200

export interface ExpiryParts {
  readonly fleet: Fleet
  readonly clockWatch: ClockWatch
  /** Asks for a fresh plan. */
  readonly wake: () => void
}

/**
 * Sweeps every `EXPIRY_CHECK_SECONDS`, and at the moment the next subscription of a bot of this server ends; to be told to
 * look when a plan was read.
 */
export function startExpiry(context: OrchestratorContext, { fleet, clockWatch, wake }: ExpiryParts): RepeatingPart {
  const actor: Actor = {
    name: `system:expiry@${context.server}`,
    userId: null,
    role: 'owner',
    tenant: null,
    source: 'serve',
  }
  const { clock } = context
  const sweepMs = context.settings.EXPIRY_CHECK_SECONDS * 1000
  return startRepeating(context, {
    name: 'expiry',
    work: async () => {
      // Three minutes are counted by the clock as it is: nobody has paid for them.
      const overdue = fleet.overdueRequests(clock.monotonicMs())
      const paired = await context.database.transaction((tx) => endDuePairings(tx, { overdue }))
      if (paired.length > 0) {
        context.log.info({ instances: paired }, 'requests to pair ended')
        wake()
      }
      const expectedClockMs = clockWatch.expectedClockMs()
      // Nothing has been read of the database yet: the first plan comes before the first sweep.
      if (expectedClockMs === undefined) return
      const sentAtMs = clock.monotonicMs()
      const { ids, clockMs } = await context.database.transaction((tx) => expireDue(tx, actor, { expectedClockMs }))
      const verdict = await clockWatch.judge({ clockMs, sentAtMs, receivedAtMs: clock.monotonicMs() })
      if (ids.length > 0) context.log.info({ instances: ids }, 'subscriptions ended')
      if (ids.length > 0 || verdict === 'doubtful') wake()
    },
    nextInMs: () => Math.min(sweepMs, Math.max(soonestMs, fleet.nextExpiryAtMs() - clock.monotonicMs() + 50)),
  })
}
