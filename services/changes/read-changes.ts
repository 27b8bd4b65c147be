import type { Queryable } from '../../db/transaction.ts'
import type { Change } from '../../domain/change.ts'

export interface ChangePage {
  /** When the change at the beginning was; undefined when it is not there. */
  readonly seenAt: string | undefined
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
  seen_at: Date | null
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
    `select e.*, pg_snapshot_xmin(snapshot)::text as oldest_running, seen.at as seen_at
     from pg_current_snapshot() as snapshot
     left join change_event as seen on seen.id = $1
     left join lateral (
       select id, at, topic, subject, tenant_id, details from change_event where id = any($2::bigint[])
       union all
       (select id, at, topic, subject, tenant_id, details from change_event where id > $1 order by id limit $3)
     ) as e on true
     order by e.id limit $3`,
    [input.after, input.missing, input.countMax],
  )
  return {
    seenAt: rows[0]?.seen_at?.toISOString(),
    changes: rows.flatMap(({ id, at, topic, subject, tenant_id: tenant, details }) =>
      id === null ? [] : [{ id, at: at.toISOString(), topic, subject, tenant, details }],
    ),
    oldestRunning: BigInt(rows[0]?.oldest_running ?? 0),
  }
}

/** The last changes that are never swept away. */
export const changesKept = 20_000

/**
 * The id above which the last `count` changes are, 0 when there are not so many, and the ids below it that are not there
 * and were not swept away, at most `skippedMax` of them.
 */
export async function findStart(
  database: Queryable,
  input: { readonly count: number; readonly skippedMax: number },
): Promise<{ readonly after: number; readonly skipped: readonly number[] }> {
  const { rows } = await database.query<{ after: number; skipped: number[] }>(
    `select after, to_json(array(
       select n from generate_series(greatest(1, newest - ${changesKept} + 1), after) as n
       where not exists (select from change_event where id = n)
       order by n
       limit $2)) as skipped
     from (select coalesce(max(id), 0) as newest, greatest(0, coalesce(max(id), 0) - $1::bigint) as after
       from change_event) as ids`,
    [input.count, input.skippedMax],
  )
  return rows[0] ?? { after: 0, skipped: [] }
}

/** Whether every transaction up to a number has ended. */
export async function hasEnded(database: Queryable, number: bigint): Promise<boolean> {
  const { rows } = await database.query<{ ended: boolean }>(
    'select $1::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as ended',
    [number.toString()],
  )
  return rows[0]?.ended === true
}

/**
 * A transaction number above that of every transaction that has taken an id of a change so far: a snapshot's own upper
 * end is no such number, since transactions that have begun after the last one ended are above it.
 */
export async function drawBarrier(database: Queryable): Promise<bigint> {
  const { rows } = await database.query<{ number: string }>('select pg_current_xact_id()::text as number')
  return BigInt(rows[0]?.number ?? 0)
}
