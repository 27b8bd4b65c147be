import { recordSamples, type Sample } from '../services/record-samples.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type Part, startRepeating } from './repeating.ts'
import type { Standby } from './standby.ts'
import type { Term } from './term.ts'
import { UsageMeter } from './usage-meter.ts'

/** Soon after the start, so that a fresh list has figures. */
const firstAfterMs = 2000

/**
 * Measures CPU and memory of every live worker, and the memory of the spares, each `SAMPLE_SECONDS`: written in one
 * statement, and told to the fleet, which ends a worker over its limit.
 */
export function startSampling(
  context: OrchestratorContext,
  term: Term,
  parts: { fleet: Fleet; standby: Standby },
): Part {
  const everyMs = context.settings.SAMPLE_SECONDS * 1000
  const meter = new UsageMeter(context.clock)
  let first = true
  return startRepeating(context, {
    name: 'sampling',
    work: async () => {
      first = false
      const workers = parts.fleet.liveWorkers()
      const usage = meter.measure([...workers.map(({ identity }) => identity), ...parts.standby.identities()])
      const samples = workers.flatMap((worker, index): Sample[] => {
        const own = usage[index]
        if (own === undefined) return []
        parts.fleet.noteMemory(worker, own.memoryBytes)
        context.metrics.usage(worker.instanceId, own)
        return [{ instanceId: worker.instanceId, ...own }]
      })
      context.metrics.keepBots(new Set(workers.map(({ instanceId }) => instanceId)))
      await recordSamples(context.database, {
        server: context.server,
        serverEpoch: term.serverEpoch,
        workers: samples,
        standbyBytes: usage.slice(workers.length).map((spare) => spare?.memoryBytes ?? 0),
      })
    },
    nextInMs: () => (first ? Math.min(firstAfterMs, everyMs) : everyMs),
  })
}
