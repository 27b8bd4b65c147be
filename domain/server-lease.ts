/** The longest time to live that a lease may be given (`LEASE_TTL_SECONDS`). */
export const leaseTtlMaxMs = 600_000

/** What taking a server's name can come to (design section 5, points 1 and 2). */
export type TakeVerdict =
  | { readonly kind: 'taken'; readonly serverEpoch: number; readonly draining: boolean }
  /** Somebody holds the name and is alive, or cannot be proven dead. */
  | { readonly kind: 'held'; readonly holder: string; readonly leaseLeftMs: number }
  /** The lease has lapsed but its holder is not provably dead: watch the beat for a lease's time, then try again. */
  | { readonly kind: 'watch_beat'; readonly holder: string; readonly beat: number }

export type RenewVerdict =
  | { readonly kind: 'renewed'; readonly draining: boolean; readonly capacity: number; readonly clockMs: number }
  /** Another supervisor took the name, or the lease lapsed; a lapsed lease is never renewed, only taken anew. */
  | { readonly kind: 'lost' }
