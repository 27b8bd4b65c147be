import pidusage from 'pidusage'
import type { ProcessIdentity } from '../domain/process-identity.ts'
import { livenessOf } from '../runtime/process-identity.ts'
import { recordSamples, type Sample } from '../services/record-samples.ts'
import type { OrchestratorContext } from './context.ts'
import type { Fleet } from './fleet.ts'
import { type Part, startRepeating } from './repeating.ts'
import type { Standby } from './standby.ts'
import type { Term } from './term.ts'

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
  let first = true
  return startRepeating(context, {
    name: 'sampling',
    work: async () => {
      first = false
      const workers = parts.fleet.liveWorkers().filter(({ identity }) => isAlive(identity))
      const spares = parts.standby.identities().filter(isAlive)
      const pids = [...workers.map(({ identity }) => identity.pid), ...spares.map(({ pid }) => pid)]
      const usage = pids.length === 0 ? {} : await pidusage(pids)
      // The array form answers nothing for a process that ended meanwhile.
      const measured = (pid: number) => usage[String(pid)]
      const samples = workers.flatMap((worker): Sample[] => {
        const own = measured(worker.identity.pid)
        if (own === undefined) return []
        parts.fleet.noteMemory(worker, own.memory)
        return [{ instanceId: worker.instanceId, cpuPercent: own.cpu, memoryBytes: own.memory }]
      })
      await recordSamples(context.database, {
        server: context.server,
        serverEpoch: term.serverEpoch,
        workers: samples,
        standbyBytes: spares.map(({ pid }) => measured(pid)?.memory ?? 0),
      })
    },
    nextInMs: () => (first ? Math.min(firstAfterMs, everyMs) : everyMs),
  })
}

function isAlive(identity: ProcessIdentity): boolean {
  return livenessOf(identity) === 'alive'
}
