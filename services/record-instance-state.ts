import type { Queryable } from '../db/transaction.ts'
import type { State } from '../domain/instance.ts'

export interface ObservedState {
  readonly state: State
  /** Why, in words for a person; null when all is well. */
  readonly lastError: string | null
  readonly attempt: number
  /** Milliseconds until the next try; null when there is none. */
  readonly nextTryInMs: number | null
  /** Added to the restart counter. */
  readonly restartsDelta: number
}

/**
 * Writes what the orchestrator observes. Guarded by `server_epoch` and a lease that has not lapsed: the late write of
 * a supervisor that lost its name changes nothing.
 * @returns whether it was written.
 */
export async function recordInstanceState(
  database: Queryable,
  input: { instanceId: string; server: string; serverEpoch: number; observed: ObservedState },
): Promise<boolean> {
  const { observed } = input
  const { rowCount } = await database.query(
    `update instance i set state = $4, last_error = $5, attempt = $6, restarts = i.restarts + $8,
       next_try_at = clock_timestamp() + $7::double precision * interval '1 millisecond'
     from server s
     where i.id = $1 and i.server_name = $2
       and s.name = $2 and s.server_epoch = $3 and s.lease_until > clock_timestamp()`,
    [
      input.instanceId,
      input.server,
      input.serverEpoch,
      observed.state,
      observed.lastError,
      observed.attempt,
      observed.nextTryInMs,
      observed.restartsDelta,
    ],
  )
  return rowCount === 1
}
