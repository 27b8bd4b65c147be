/**
 * Workers that an earlier supervisor of this name left running (design section 5, point 6). One is adopted when its own
 * heartbeat arrives with a valid token and its process identity checks out. One that cannot be verified from here is
 * neither touched nor doubled: its instance waits until its deadline has passed.
 */
import type { Platform } from '../domain/instance.ts'
import { parseProcessIdentity } from '../domain/process-identity.ts'
import { leaseTtlMaxMs } from '../domain/server-lease.ts'
import { livenessOf } from '../runtime/process-identity.ts'
import type { PlannedLease } from '../services/read-server-plan.ts'
import { ProcessWatch } from './process-watch.ts'
import type { Slot, Worker } from './slot.ts'
import type { Term } from './term.ts'

type AdoptingSlot = Extract<Slot, { kind: 'adopting' }>

/** Clocks of two hosts run at different rates; this much is added to a deadline that only time can prove. */
const marginMs = 1000

/** The slot of a lease row that is held while this supervisor knows no worker for it. */
export function adoptingSlotOf(
  term: Term,
  instance: { id: string; platform: Platform; lease: PlannedLease },
  nowMs: number,
): AdoptingSlot {
  const { lease } = instance
  const worker = verifiableWorker(instance)
  // Nobody was granted more than the earlier lease, and it was last renewed before the name was taken, less the time
  // that it was watched standing still. The database's clock may have jumped, so it can only shorten what we wait for
  // a process that we can see.
  const provenMs = term.takenAtMs + Math.max(0, term.earlierTtlMs - term.watchedMs)
  const toldMs = nowMs + Math.max(0, lease.mayRunForMs ?? term.earlierTtlMs)
  // A row of a term before that one was granted by a lease that may have been longer, and only the row knows how long.
  const isOfEarlierTerm = lease.serverEpoch < term.serverEpoch - 1
  const unseenMs = isOfEarlierTerm ? Math.min(term.takenAtMs + leaseTtlMaxMs, Math.max(provenMs, toldMs)) : provenMs
  const untilMs = (worker === undefined ? unseenMs : Math.min(provenMs, toldMs)) + marginMs
  return { kind: 'adopting', epoch: lease.epoch, worker, untilMs, isClaimed: false, report: undefined }
}

function verifiableWorker(instance: { id: string; platform: Platform; lease: PlannedLease }): Worker | undefined {
  const { lease } = instance
  const identity = lease.process === null ? undefined : parseProcessIdentity(lease.process)
  if (identity === undefined || lease.nonce === null || livenessOf(identity) === 'unprovable') return undefined
  const watch = new ProcessWatch(identity)
  return {
    instanceId: instance.id,
    platform: instance.platform,
    epoch: lease.epoch,
    nonce: lease.nonce,
    identity,
    port: lease.port ?? 0,
    ended: watch.gone.then(() => ({ exitCode: undefined, signal: undefined })),
    hint: () => watch.hint(),
    leave: () => watch.stop(),
  }
}
