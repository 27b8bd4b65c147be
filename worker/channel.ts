import type { WorkerIdentity, WorkerLimits } from '../domain/worker-contract.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Deadline } from './deadline.ts'
import type { GatewayClient } from './gateway-client.ts'

/** Why a channel drains whose bot was deleted. With any other reason a linked device stays linked. */
export const unlinkDrain = 'unlink'

/** What a channel is given: who it is, its door, its deadline, and where it says how it is. */
export interface ChannelContext {
  readonly identity: WorkerIdentity
  readonly gateway: GatewayClient
  readonly deadline: Deadline
  readonly clock: Clock
  readonly log: Log
  /** Aborts when the worker is to drain; with `unlinkDrain` as its reason a linked device is to be logged out first. */
  readonly draining: AbortSignal
  /** Says how the channel is; `running` from the first accepted poll. */
  readonly report: (health: ChannelHealth) => void
}

export interface ChannelHealth {
  readonly phase?: 'connecting' | 'pairing' | 'running'
  /** A trouble that the channel lives with, in words for a person; null when all is well. */
  readonly trouble?: string | null
  /** Monotonic time at which the last poll came back. */
  readonly polledAtMs?: number
  /** Monotonic time at which the poll now under way was sent; null when none is. */
  readonly pollingSinceMs?: number | null
  readonly handled?: number
}

/** The seam between a worker process and a platform. */
export interface Channel {
  /** Receives until drained; throws `WorkerExit` for a typed end. Called after the first accepted heartbeat. */
  run(): Promise<void>
  /** Takes over changed limits while running. */
  setLimits(limits: WorkerLimits): void
  /** Something may wait to be told: called when the gateway says so, and when it may have said so unheard. */
  poke(): void
}
