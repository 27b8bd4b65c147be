import { releaseInstance } from '../services/release-instance.ts'
import type { FleetContext } from './fleet-context.ts'

const retryMs = 200

/** Releases the lease row of a worker that is gone, trying until the database answers or the term ends. */
export async function releaseLease(
  { orchestrator, term }: Pick<FleetContext, 'orchestrator' | 'term'>,
  worker: { readonly instanceId: string; readonly epoch: number },
): Promise<void> {
  const { server, database } = orchestrator
  for (;;) {
    try {
      await releaseInstance(database, { ...worker, server, serverEpoch: term.serverEpoch })
      return
    } catch {
      if (term.lease.leaseLeftMs() <= 0) return
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}
