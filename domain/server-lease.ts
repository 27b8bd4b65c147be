/** What operators have ordered of a server. */
export interface ServerOrders {
  /** Nothing new is started; floating bots move to other servers. */
  readonly draining: boolean
  /** What draining does with the bots that are pinned to it. */
  readonly drainPinned: 'stay' | 'stop'
  /** How many bots it may run at once. */
  readonly capacity: number
}

/**
 * How long a beat must stand still on the watcher's monotonic clock until its lease cannot be valid any more: the
 * holder counts its lease from before it renews, the watcher from after it saw the beat, so only the rates of two
 * clocks need a margin.
 */
export function beatStillMs(leaseTtlMs: number): number {
  return leaseTtlMs * 1.02 + 250
}

/** What taking a server's name can come to (design section 5, points 1 and 2). */
export type TakeVerdict =
  | {
      readonly kind: 'taken'
      readonly serverEpoch: number
      readonly orders: ServerOrders
      /** The time to live of the lease before ours; null when there was none. */
      readonly earlierTtlMs: number | null
    }
  /** Somebody holds the name and is alive, or cannot be proven dead. */
  | { readonly kind: 'held'; readonly holder: string; readonly leaseLeftMs: number }
  /** The lease has lapsed but its holder is not provably dead: watch the beat for a lease's time, then try again. */
  | { readonly kind: 'watch_beat'; readonly holder: string; readonly beat: number; readonly leaseTtlMs: number | null }

export type RenewVerdict =
  | { readonly kind: 'renewed'; readonly orders: ServerOrders }
  /** Another supervisor took the name, or the lease lapsed; a lapsed lease is never renewed, only taken anew. */
  | { readonly kind: 'lost' }
