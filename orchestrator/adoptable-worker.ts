/**
 * Workers that an earlier supervisor of this name left running (design section 5, point 6). One is adopted when its own
 * heartbeat arrives with a valid token and its process identity checks out. One that cannot be verified from here is
 * neither touched nor doubled: its instance waits until its deadline has passed.
 */
import { Failure } from '../domain/failure.ts'
import type { Platform } from '../domain/instance.ts'
import { parseProcessIdentity } from '../domain/process-identity.ts'
import { livenessOf } from '../runtime/process-identity.ts'
import { adoptInstance } from '../services/adopt-instance.ts'
import type { PlannedLease } from '../services/read-server-plan.ts'
import type { FleetContext } from './fleet-context.ts'
import { ProcessWatch } from './process-watch.ts'
import type { Slot, Worker } from './slot.ts'
import type { Term } from './term.ts'

type AdoptingSlot = Extract<Slot, { kind: 'adopting' }>

/** Clocks of two hosts run at different rates; this much is added to a deadline that only time can prove. */
const marginMs = 1000

/** Why a bot waits whose worker was left behind where nothing here can look at it. */
export const unverifiable =
  'its earlier worker cannot be verified from here: waiting until its deadline has passed, so that there are never two'

/**
 * Whether a lease row is held here by a worker that this supervisor does not know: not by one whose row it has released
 * itself since the plan was read (`releasedEpoch`, the latest such; 0 is none).
 */
export function isLeftBehind(
  { phase, serverName, epoch }: Pick<PlannedLease, 'phase' | 'serverName' | 'epoch'>,
  server: string,
  releasedEpoch: number,
): boolean {
  return phase !== 'idle' && serverName === server && epoch > releasedEpoch
}

/** The slot of a lease row that is held while this supervisor knows no worker for it. */
export function adoptingSlotOf(
  term: Pick<Term, 'takenAtMs' | 'earlierTtlMs' | 'watchedMs'>,
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
  const untilMs = (worker === undefined ? provenMs : Math.min(provenMs, toldMs)) + marginMs
  return { kind: 'adopting', epoch: lease.epoch, worker, untilMs, isClaimed: false, report: undefined }
}

/**
 * Takes the lease row of a worker over that has proven itself.
 * @returns `unknown` when the database is away: the worker goes on to its deadline, and each of its heartbeats tries again.
 */
export async function adoptWorker(
  { orchestrator, term }: FleetContext,
  { instanceId, epoch, nonce }: Worker,
): Promise<'ours' | 'not_ours' | 'unknown'> {
  const { server, database } = orchestrator
  const { serverEpoch } = term
  try {
    return (await adoptInstance(database, { instanceId, epoch, nonce, server, serverEpoch })) ? 'ours' : 'not_ours'
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'unavailable') throw error
    return 'unknown'
  }
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
    namedAtMs: undefined,
    ended: watch.gone.then(() => ({ exitCode: undefined, signal: undefined })),
    hint: () => watch.hint(),
    leave: () => watch.stop(),
  }
}
