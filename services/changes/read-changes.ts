import type { Queryable } from '../../db/transaction.ts'
import type { Change } from '../../domain/change.ts'

export interface ChangePage {
  /** In the order of their ids. */
  readonly changes: readonly Change[]
  /** The number of the oldest transaction that was under way: every one below it had ended. */
  readonly oldestRunning: bigint
}

interface ChangeRow {
  id: number | null
  at: Date
  topic: Change['topic']
  subject: string
  tenant_id: string | null
  details: Record<string, unknown>
  oldest_running: string
}

/**
 * The changes above an id, and those of some ids below it that may have been committed since, at most `countMax`: when
 * there are as many there may be more.
 */
export async function readChanges(
  database: Queryable,
  input: { readonly after: number; readonly missing: readonly number[]; readonly countMax: number },
): Promise<ChangePage> {
  const { rows } = await database.query<ChangeRow>(
    `select e.*, pg_snapshot_xmin(snapshot)::text as oldest_running
     from pg_current_snapshot() as snapshot
     left join lateral (
       select id, at, topic, subject, tenant_id, details from change_event where id = any($2::bigint[])
       union all
       (select id, at, topic, subject, tenant_id, details from change_event where id > $1 order by id limit $3)
     ) as e on true
     order by e.id limit $3`,
    [input.after, input.missing, input.countMax],
  )
  return {
    changes: rows.flatMap(({ id, at, topic, subject, tenant_id: tenant, details }) =>
      id === null ? [] : [{ id, at: at.toISOString(), topic, subject, tenant, details }],
    ),
    oldestRunning: BigInt(rows[0]?.oldest_running ?? 0),
  }
}

/** The id above which the last `count` changes are; 0 when there are not so many. */
export async function findRecentChange(database: Queryable, input: { readonly count: number }): Promise<number> {
  const { rows } = await database.query<{ after: number }>(
    'select greatest(0, coalesce(max(id), 0) - $1::bigint) as after from change_event',
    [input.count],
  )
  return rows[0]?.after ?? 0
}

/**
 * A transaction number above that of every transaction that has taken an id of a change so far: a snapshot's own upper
 * end is no such number, since transactions that have begun after the last one ended are above it.
 */
export async function drawBarrier(database: Queryable): Promise<bigint> {
  const { rows } = await database.query<{ number: string }>('select pg_current_xact_id()::text as number')
  return BigInt(rows[0]?.number ?? 0)
}
