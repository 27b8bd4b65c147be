/**
 * What the orchestrator knows of one instance on this server: one union, each member with only the fields that exist
 * in it.
 *
 *     idle --start--> launching --claimed--> live --end--> ending --gone--> releasing --> idle | backoff
 *       ^                 |                    |--crash / typed exit------> releasing --> backoff | resting
 *       |                 +--refused--> idle   |
 *       +--- adopting --heartbeat, verified----+   (a worker of an earlier supervisor of this name; one that does not
 *              |                                    report is ended, or waited out, at its deadline)
 *              +--gone, or past its deadline--> releasing
 */
import { type Platform, restingStates, type State } from '../domain/instance.ts'
import type { ProcessIdentity } from '../domain/process-identity.ts'
import type { ExitReport } from '../domain/worker-contract.ts'
import type { PlannedInstance } from '../services/read-server-plan.ts'

/** One worker process that holds (or held) an epoch of an instance. */
export interface Worker {
  readonly instanceId: string
  readonly platform: Platform
  readonly epoch: number
  readonly nonce: string
  readonly identity: ProcessIdentity
  readonly port: number
  /** Monotonic time at which it got its identity; undefined for one that was adopted. */
  readonly namedAtMs: number | undefined
  /** Resolves when the process is gone, with what its parent saw of the end. */
  readonly ended: Promise<WorkerEnd>
  /** It may be gone: look. A child of ours tells by itself. */
  hint(): void
  /** Looks no more: this supervisor leaves it to the next one. */
  leave(): void
}

/** Both unknown for a worker that was adopted. */
export interface WorkerEnd {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
}

/** Why the orchestrator ends a worker itself. */
export type EndReason =
  | 'stopped'
  | 'expired'
  | 'pairing_over'
  | 'suspended'
  | 'deleted'
  | 'moved'
  | 'drained'
  | 'restart'
  | 'hung'
  | 'poll_stuck'
  | 'over_memory'
  | 'start_timeout'
  | 'not_reporting'
  | 'shutdown'
  | 'lease_lost'

export type Slot =
  | { readonly kind: 'idle' }
  | { readonly kind: 'launching' }
  | {
      readonly kind: 'live'
      readonly worker: Worker
      phase: 'starting' | 'connecting' | 'pairing' | 'running'
      /** Monotonic time of the last heartbeat; the start counts as the first. */
      heardAtMs: number
      /** Monotonic time at which it became `running`; undefined before. */
      readyAtMs: number | undefined
      /** The state letter that each look at /proc has shown since it is silent, or `changing`; undefined while it is heard. */
      silentState: string | undefined
      /** How long its poll under way had taken at the last heartbeat; null when there was none. */
      pollPendingMs: number | null
      /** Resident memory at the last sample; undefined before. */
      memoryBytes: number | undefined
      /** Its own typed report, which arrives before the process ends. */
      report: ExitReport | undefined
    }
  | {
      readonly kind: 'ending'
      readonly worker: Worker
      readonly reason: EndReason
      /** What the end is called where it counts as a crash. */
      readonly words: string
      killAtMs: number
      killed: boolean
    }
  | { readonly kind: 'releasing' }
  | { readonly kind: 'backoff'; readonly untilMs: number }
  | { readonly kind: 'resting'; readonly state: State }
  | {
      readonly kind: 'adopting'
      readonly epoch: number
      /** The worker whose identity can be checked on this host; undefined when nobody can tell from here. */
      readonly worker: Worker | undefined
      /** Monotonic time from which it can receive no more. */
      readonly untilMs: number
      /** Its heartbeat has come, and its row is being taken over. */
      isClaimed: boolean
      report: ExitReport | undefined
    }

export type Live = Extract<Slot, { kind: 'live' }>
export type Ending = Extract<Slot, { kind: 'ending' }>
export type Adopting = Extract<Slot, { kind: 'adopting' }>

/** Whose heartbeat or report it is, as its token proves. */
export interface WorkerClaimant {
  readonly instanceId: string
  readonly epoch: number
  readonly nonce: string
}

/** The slot of a worker that has just begun, or was just adopted. */
export function liveSlot(worker: Worker, nowMs: number): Live {
  return {
    kind: 'live',
    worker,
    phase: 'starting',
    heardAtMs: nowMs,
    readyAtMs: undefined,
    silentState: undefined,
    pollPendingMs: null,
    memoryBytes: undefined,
    report: undefined,
  }
}

/** Whether the slot's worker is the one whose token was shown. */
export function isHeldBy(slot: Slot, claimant: WorkerClaimant): slot is Extract<Slot, { kind: 'live' | 'ending' }> {
  return (slot.kind === 'live' || slot.kind === 'ending') && isWorkerOf(slot.worker, claimant)
}

export function isWorkerOf(worker: Worker | undefined, claimant: WorkerClaimant): boolean {
  return worker?.epoch === claimant.epoch && worker.nonce === claimant.nonce
}

/** Whether a plan was asked for before the slot's worker was named: the claim has looked at the rows later than it. */
export function isOlderThanWorker(slot: Slot, readAtMs: number): boolean {
  return slot.kind === 'live' && slot.worker.namedAtMs !== undefined && readAtMs < slot.worker.namedAtMs
}

/** How long a worker has been running. */
export function healthyForMs({ readyAtMs }: Live, nowMs: number): number {
  return readyAtMs === undefined ? 0 : nowMs - readyAtMs
}

/** A conflict that is to be looked at once more waits for that and not for a person. */
export function firstSlot({ state, nextTryInMs }: PlannedInstance, nowMs: number): Slot {
  if (!restingStates.includes(state)) return { kind: 'idle' }
  return nextTryInMs === null ? { kind: 'resting', state } : { kind: 'backoff', untilMs: nowMs + nextTryInMs }
}

/** A deleted WhatsApp bot logs its device out before it ends; no other end does. */
export function isUnlinking({ reason, worker }: Ending): boolean {
  return reason === 'deleted' && worker.platform === 'whatsapp'
}

export function drainOf(slot: Live | Ending): { drain: boolean; unlink: boolean } {
  return { drain: slot.kind === 'ending', unlink: slot.kind === 'ending' && isUnlinking(slot) }
}
