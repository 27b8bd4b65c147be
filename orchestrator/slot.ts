/**
 * What the orchestrator knows of one instance on this server: one union, each member with only the fields that exist
 * in it.
 *
 *     idle --start--> launching --claimed--> live --end--> ending --gone--> idle | backoff | resting
 *       ^                 |                    |--crash / typed exit------->  backoff | resting
 *       |                 +--refused--> idle   |
 *       +-- orphaned (a worker of an earlier supervisor, until it is provably gone or past its deadline)
 */
import type { Platform, State } from '../domain/instance.ts'
import type { ProcessIdentity } from '../domain/process-identity.ts'
import type { CrashHistory } from '../domain/restart-policy.ts'
import type { ExitReport } from '../domain/worker-contract.ts'

/** One worker process that holds (or held) an epoch of an instance. */
export interface Worker {
  readonly instanceId: string
  readonly platform: Platform
  readonly epoch: number
  readonly nonce: string
  readonly identity: ProcessIdentity
  readonly port: number
  readonly startedAtMs: number
  /** Resolves when the process is provably gone, with what its parent saw of the end. */
  readonly ended: Promise<WorkerEnd>
}

export interface WorkerEnd {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
}

/** Why the orchestrator ends a worker itself. */
export type EndReason =
  | 'stopped'
  | 'expired'
  | 'suspended'
  | 'deleted'
  | 'moved'
  | 'restart'
  | 'hung'
  | 'start_timeout'
  | 'shutdown'
  | 'lease_lost'

export type Slot =
  | { readonly kind: 'idle' }
  | { readonly kind: 'launching'; readonly attempt: number }
  | {
      readonly kind: 'live'
      readonly worker: Worker
      phase: 'starting' | 'connecting' | 'running'
      /** Monotonic time of the last heartbeat; the start counts as the first. */
      heardAtMs: number
      /** Monotonic time at which it became `running`; undefined before. */
      readyAtMs: number | undefined
      /** Its own typed report, which arrives before the process ends. */
      report: ExitReport | undefined
    }
  | {
      readonly kind: 'ending'
      readonly worker: Worker
      readonly reason: EndReason
      readonly killAtMs: number
      killed: boolean
    }
  | { readonly kind: 'backoff'; readonly untilMs: number }
  | { readonly kind: 'resting'; readonly state: State }
  | {
      readonly kind: 'orphaned'
      readonly epoch: number
      readonly identity: ProcessIdentity | undefined
      readonly untilMs: number
      readonly killAtMs: number
      signalled: boolean
    }

/** Everything kept for one instance while this supervisor knows it. */
export interface SlotEntry {
  slot: Slot
  history: CrashHistory
  /** Monotonic time at which the subscription ends; never later than the database's own. */
  expiresAtMs: number
  limits: { rateLimitRps: number; maxConcurrentRequests: number }
}
