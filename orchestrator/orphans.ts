/**
 * Workers that an earlier supervisor of this name left running. Adopting them comes later; until then the new
 * supervisor ends those whose identity it can verify on this host, and waits for the others until they may no longer
 * run (design section 5, points 6 and 9).
 */
import { parseProcessIdentity } from '../domain/process-identity.ts'
import { livenessOf, signalProcess } from '../runtime/process-identity.ts'
import type { PlannedLease } from '../services/read-server-plan.ts'
import type { OrchestratorContext } from './context.ts'
import { untilGone } from './end-process.ts'
import type { Slot } from './slot.ts'

type OrphanedSlot = Extract<Slot, { kind: 'orphaned' }>

/** The slot of a held lease row without a worker of ours. */
export function orphanSlotOf(context: OrchestratorContext, lease: PlannedLease): OrphanedSlot {
  const nowMs = context.clock.monotonicMs()
  const parsed = lease.process === null ? undefined : parseProcessIdentity(lease.process)
  const verifiable = parsed !== undefined && livenessOf(parsed) !== 'unprovable'
  const mayRunForMs = lease.mayRunForMs ?? context.settings.LEASE_TTL_SECONDS * 1000
  return {
    kind: 'orphaned',
    epoch: lease.epoch,
    identity: verifiable ? parsed : undefined,
    untilMs: nowMs + Math.max(0, mayRunForMs) + 1000,
    killAtMs: nowMs + context.settings.GRACE_SECONDS * 1000,
    signalled: false,
  }
}

/**
 * Ends a verified orphan: SIGTERM first, SIGKILL once its grace has passed.
 * @returns true when it is provably gone.
 */
export async function endOrphan(context: OrchestratorContext, slot: OrphanedSlot): Promise<boolean> {
  if (slot.identity === undefined) return false
  if (livenessOf(slot.identity) === 'dead') return true
  const late = context.clock.monotonicMs() >= slot.killAtMs
  signalProcess(slot.identity, late ? 'SIGKILL' : 'SIGTERM')
  slot.signalled = true
  if (late) {
    await untilGone(slot.identity)
    return true
  }
  const grace = new Promise<false>((resolve) => {
    context.clock.setTimer(Math.max(0, slot.killAtMs - context.clock.monotonicMs()), () => resolve(false))
  })
  return Promise.race([untilGone(slot.identity).then(() => true), grace])
}
