import type { ServerLease } from './server-lease.ts'

/** One holding of the server's name: what is fenced by its `server_epoch`. */
export interface Term {
  readonly serverEpoch: number
  readonly lease: ServerLease
  /** Monotonic time before the name was taken. */
  readonly takenAtMs: number
  /** Time to live of the lease before ours: no worker of it was granted more. */
  readonly earlierTtlMs: number
  /** How long the earlier lease's beat was watched standing still before we took the name; 0 when its holder was dead. */
  readonly watchedMs: number
}
