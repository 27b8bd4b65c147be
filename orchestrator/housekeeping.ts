import { dropStale } from '../services/outbox/drop-stale.ts'
import { sweepRetention } from '../services/sweep-retention.ts'
import type { OrchestratorContext } from './context.ts'
import { type Part, startRepeating } from './repeating.ts'

const everyMs = 3_600_000
const firstAfterMs = 60_000

/** Deletes events, samples, handled update ids and told messages past their retention, hourly; money and audit stay. */
export function startHousekeeping(context: OrchestratorContext): Part {
  const { settings } = context
  let first = true
  return startRepeating(context, {
    name: 'retention',
    work: async () => {
      first = false
      const retention = {
        eventDays: settings.EVENT_RETENTION_DAYS,
        sampleHours: settings.SAMPLE_RETENTION_HOURS,
        handledUpdateHours: settings.HANDLED_UPDATE_RETENTION_HOURS,
      }
      while ((await context.database.transaction((tx) => sweepRetention(tx, retention))) > 0);
      while ((await context.database.transaction(dropStale)) > 0);
    },
    nextInMs: () => (first ? firstAfterMs : everyMs),
  })
}
