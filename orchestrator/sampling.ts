import pidusage from 'pidusage'
import { livenessOf } from '../runtime/process-identity.ts'
import { recordSamples, type Sample } from '../services/record-samples.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type Part, startRepeating } from './repeating.ts'

/** Soon after the start, so that a fresh list has figures. */
const firstAfterMs = 2000

/** Measures CPU and memory of every live worker each `SAMPLE_SECONDS` and writes them in one statement. */
export function startSampling(context: OrchestratorContext, fleet: Fleet): Part {
  const everyMs = context.settings.SAMPLE_SECONDS * 1000
  let first = true
  return startRepeating(context, {
    name: 'sampling',
    work: async () => {
      first = false
      const workers = fleet.liveWorkers().filter((worker) => livenessOf(worker.identity) === 'alive')
      if (workers.length === 0) return
      const usage = await pidusage(workers.map((worker) => worker.identity.pid))
      const samples = workers.flatMap((worker): Sample[] => {
        // The array form answers nothing for a process that ended meanwhile.
        const measured = usage[String(worker.identity.pid)]
        return measured === undefined
          ? []
          : [{ instanceId: worker.instanceId, cpuPercent: measured.cpu, memoryBytes: measured.memory }]
      })
      await recordSamples(context.database, samples)
    },
    nextInMs: () => (first ? Math.min(firstAfterMs, everyMs) : everyMs),
  })
}
