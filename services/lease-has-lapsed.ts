import { leaseTtlMaxMs } from '../domain/server-lease.ts'

/**
 * SQL over a row of `server`: its lease does not run. One with more time left than it was given says nothing: the
 * database's clock has gone back since (design section 5), and a server that lives renews within a third of its time.
 */
export const leaseHasLapsed = `coalesce(lease_until <= clock_timestamp()
  or lease_until > clock_timestamp() + coalesce(lease_ttl_ms, ${leaseTtlMaxMs}) * interval '1 millisecond', true)`
