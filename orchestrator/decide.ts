/**
 * The pure half of the reconcile loop: from what an instance is to be and what is known of it, what to do now.
 * Effects are elsewhere (orchestrator/instance-runner.ts).
 */
import type { PlannedInstance } from '../services/read-server-plan.ts'
import type { EndReason, Slot } from './slot.ts'

export type Action =
  | { readonly kind: 'none' }
  | { readonly kind: 'start' }
  /** It should run and may not yet: the reason is shown. */
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'kill' }
  /** Nothing runs and nothing should: the observed state becomes `stopped`. */
  | { readonly kind: 'settle' }
  /** The deadline of a worker that cannot be verified from here has passed: its row is free. */
  | { readonly kind: 'release_unseen' }

export interface DecideContext {
  readonly server: string
  readonly nowMs: number
  /** Whether this supervisor holds its lease for certain; nothing is started while that is unknown. */
  readonly mayStart: boolean
  readonly draining: boolean
  /** Draining also stops the bots that are pinned here. */
  readonly stopsPinned: boolean
  /** How many bots the server may run, and whether one more fits now. */
  readonly capacity: number
  readonly hasRoom: boolean
  readonly heartbeatLimitMs: number
  readonly startTimeoutMs: number
  readonly pollLimitMs: number
  readonly memoryLimitBytes: number
}

/** Why an instance must not run here, or undefined when it should. */
function unwantedBecause(planned: PlannedInstance | undefined, context: DecideContext): EndReason | undefined {
  if (planned === undefined || planned.serverName !== context.server) return 'moved'
  switch (planned.status) {
    case 'approved':
    case 'new':
      return unwantedAlive(planned, context)
    case 'expired':
    case 'suspended':
    case 'deleted':
      return planned.status
    default:
      return 'stopped'
  }
}

/** Nobody has approved a new one: it may pair, and no more than that. */
function unwantedAlive(planned: PlannedInstance, context: DecideContext): EndReason | undefined {
  const { status, desired, expiresInMs, placement } = planned
  const isOver = expiresInMs === null || expiresInMs <= 0
  if (status === 'approved' && desired !== 'pairing' && isOver) return 'expired'
  if (desired === 'stopped' || (status === 'new' && desired !== 'pairing')) return 'stopped'
  if (isOver) return 'pairing_over'
  return context.stopsPinned && placement === 'pinned' ? 'drained' : undefined
}

/** Decides one instance; never looks at a clock or a process itself. */
export function decide(planned: PlannedInstance | undefined, slot: Slot, context: DecideContext): Action {
  const unwanted = unwantedBecause(planned, context)
  const restartAsked = planned !== undefined && planned.restartRequested > planned.restartDone
  switch (slot.kind) {
    case 'idle':
      return decideIdle(planned, unwanted, context)
    case 'launching':
    case 'releasing':
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
    case 'adopting':
      if (context.nowMs < slot.untilMs || slot.isClaimed) return { kind: 'none' }
      return slot.worker === undefined ? { kind: 'release_unseen' } : { kind: 'end', reason: 'not_reporting' }
    default:
      return assertNever(slot)
  }
}

function decideIdle(
  planned: PlannedInstance | undefined,
  unwanted: EndReason | undefined,
  context: DecideContext,
): Action {
  if (planned === undefined || unwanted === 'moved') return { kind: 'none' }
  if (unwanted === 'drained') return { kind: 'hold', reason: `${context.server} is drained: pinned bots are stopped` }
  if (unwanted !== undefined) {
    return planned.state !== 'stopped' || planned.lastError !== null ? { kind: 'settle' } : { kind: 'none' }
  }
  if (!context.mayStart) return { kind: 'none' }
  const { lease } = planned
  if (lease.phase !== 'idle' && lease.serverName !== context.server) {
    return { kind: 'hold', reason: `waiting until ${lease.serverName ?? 'its server'} has let go of it` }
  }
  if (context.draining) return { kind: 'hold', reason: `${context.server} is drained: it starts no bots` }
  if (!context.hasRoom) {
    const reason = `${context.server} is full: it runs ${context.capacity} bots at most (MAX_INSTANCES); ./botfleet server move takes one elsewhere`
    return { kind: 'hold', reason }
  }
  return { kind: 'start' }
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
  if (silentMs > context.heartbeatLimitMs) return { kind: 'end', reason: 'hung' }
  if ((slot.pollPendingMs ?? 0) > context.pollLimitMs) return { kind: 'end', reason: 'poll_stuck' }
  if ((slot.memoryBytes ?? 0) > context.memoryLimitBytes) return { kind: 'end', reason: 'over_memory' }
  return { kind: 'none' }
}

function assertNever(value: never): never {
  throw new Error(`unknown slot ${JSON.stringify(value)}`)
}
