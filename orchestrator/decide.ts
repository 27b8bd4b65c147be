/**
 * The pure half of the reconcile loop: from what an instance is to be and what is known of it, what to do now.
 * Effects are elsewhere (orchestrator/fleet.ts).
 */
import type { PlannedInstance } from '../services/read-server-plan.ts'
import type { EndReason, Slot } from './slot.ts'

export type Action =
  | { readonly kind: 'none' }
  | { readonly kind: 'start' }
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'kill' }
  /** Nothing runs and nothing should: the observed state becomes `stopped`. */
  | { readonly kind: 'settle' }
  | { readonly kind: 'end_orphan' }
  | { readonly kind: 'release_orphan' }

export interface DecideContext {
  readonly server: string
  readonly nowMs: number
  /** Whether this supervisor holds its lease for certain; nothing is started while that is unknown. */
  readonly mayStart: boolean
  readonly heartbeatLimitMs: number
  readonly startTimeoutMs: number
}

/** Why an instance must not run here, or undefined when it should. */
function unwantedBecause(planned: PlannedInstance | undefined): EndReason | undefined {
  if (planned === undefined) return 'moved'
  switch (planned.status) {
    case 'approved':
      if (planned.expiresInMs === null || planned.expiresInMs <= 0) return 'expired'
      return planned.desired === 'running' ? undefined : 'stopped'
    case 'new':
      return 'stopped'
    case 'expired':
    case 'suspended':
    case 'deleted':
      return planned.status
    default:
      return 'stopped'
  }
}

/** Decides one instance; never looks at a clock or a process itself. */
export function decide(planned: PlannedInstance | undefined, slot: Slot, context: DecideContext): Action {
  const unwanted = unwantedBecause(planned)
  const restartAsked = planned !== undefined && planned.restartRequested > planned.restartDone
  switch (slot.kind) {
    case 'idle':
      if (unwanted === undefined) return context.mayStart ? { kind: 'start' } : { kind: 'none' }
      return planned !== undefined && planned.state !== 'stopped' ? { kind: 'settle' } : { kind: 'none' }
    case 'launching':
      return { kind: 'none' }
    case 'live':
      return decideLive(slot, unwanted, restartAsked, context)
    case 'ending':
      return !slot.killed && context.nowMs >= slot.killAtMs ? { kind: 'kill' } : { kind: 'none' }
    case 'backoff':
      if (unwanted !== undefined) return { kind: 'settle' }
      if (!context.mayStart) return { kind: 'none' }
      return restartAsked || context.nowMs >= slot.untilMs ? { kind: 'start' } : { kind: 'none' }
    case 'resting':
      if (unwanted !== undefined) return { kind: 'settle' }
      return restartAsked && context.mayStart ? { kind: 'start' } : { kind: 'none' }
    case 'orphaned':
      return decideOrphan(slot, context)
    default:
      return assertNever(slot)
  }
}

function decideLive(
  slot: Extract<Slot, { kind: 'live' }>,
  unwanted: EndReason | undefined,
  restartAsked: boolean,
  context: DecideContext,
): Action {
  if (unwanted !== undefined) return { kind: 'end', reason: unwanted }
  if (restartAsked) return { kind: 'end', reason: 'restart' }
  const silentMs = context.nowMs - slot.heardAtMs
  if (slot.phase === 'starting') {
    return silentMs > context.startTimeoutMs ? { kind: 'end', reason: 'start_timeout' } : { kind: 'none' }
  }
  return silentMs > context.heartbeatLimitMs ? { kind: 'end', reason: 'hung' } : { kind: 'none' }
}

function decideOrphan(slot: Extract<Slot, { kind: 'orphaned' }>, context: DecideContext): Action {
  if (context.nowMs >= slot.untilMs && slot.identity === undefined) return { kind: 'release_orphan' }
  if (slot.identity === undefined) return { kind: 'none' }
  if (!slot.signalled || context.nowMs >= slot.killAtMs) return { kind: 'end_orphan' }
  return { kind: 'none' }
}

function assertNever(value: never): never {
  throw new Error(`unknown slot ${JSON.stringify(value)}`)
}
