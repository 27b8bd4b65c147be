import type { ServerLease } from './server-lease.ts'

/** One holding of the server's name: what is fenced by its `server_epoch`. */
export interface Term {
  readonly serverEpoch: number
  readonly lease: ServerLease
}
