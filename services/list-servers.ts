import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import type { State, Status } from '../domain/instance.ts'
import { leaseHasLapsed } from './lease-has-lapsed.ts'

export interface ServerView {
  name: string
  /** Its lease has not run out: a supervisor holds the name. */
  alive: boolean
  draining: boolean
  /** What draining does with bots that are pinned to it: `stay` or `stop`. */
  drain_pinned: 'stay' | 'stop'
  server_epoch: number
  lease_until: string | null
  /** Milliseconds of its lease left by the database's clock; 0 when there is none. */
  lease_left_ms: number
  capacity: number
  /** Approved bots assigned to it. */
  assigned: number
  /** Of these, those that another server may take over. */
  floating: number
  running: number
  /** Bots that wait for a person or for their next try. */
  troubled: number
  /** Its bots by subscription and by what they do; a status or state that none has is left out. */
  by_status: Partial<Record<Status, number>>
  by_state: Partial<Record<State, number>>
  /** Processor time of its running workers as last sampled, in percent of one core: four busy cores are 400. */
  cpu_percent: number
  /** Resident memory of its running workers; that of its spares stands apart. */
  memory_bytes: number
  /** Spare workers that wait for an identity. */
  standby_count: number
  standby_memory_bytes: number
  url: string | null
  version: string | null
  started_at: string | null
}

type Row = Omit<ServerView, 'lease_until' | 'started_at'> & { lease_until: Date | null; started_at: Date | null }

/** Every server that shares this database, by name. */
export async function listServers(database: Queryable, actor: Actor): Promise<ServerView[]> {
  assertMay(actor, 'server.read')
  const { rows } = await database.query<Row>(
    `select s.name, s.draining, s.drain_pinned, s.server_epoch, s.lease_until, s.capacity, s.url, s.version, s.started_at,
       s.standby_count, s.standby_memory_bytes,
       s.holder is not null and not ${leaseHasLapsed} as alive,
       (greatest(0, coalesce(extract(epoch from s.lease_until - clock_timestamp()), 0)) * 1000)::double precision
         as lease_left_ms,
       count(i.id) filter (where i.status = 'approved')::int as assigned,
       count(i.id) filter (where i.status = 'approved' and i.placement = 'floating')::int as floating,
       count(i.id) filter (where i.state = 'running')::int as running,
       count(i.id) filter (where i.state in
         ('backoff', 'conflict', 'logged_out', 'token_invalid', 'restricted', 'session_error', 'failed'))::int as troubled,
       ${countsBy('status')} as by_status, ${countsBy('state')} as by_state,
       coalesce(sum(m.cpu_percent) filter (where i.state = 'running'), 0)::double precision as cpu_percent,
       coalesce(sum(m.memory_bytes) filter (where i.state = 'running'), 0)::bigint as memory_bytes
     from server s
     left join instance i on i.server_name = s.name and i.status <> 'deleted'
     left join lateral (
       select cpu_percent, memory_bytes from instance_sample
       where instance_id = i.id and at > now() - interval '2 minutes' order by at desc limit 1
     ) m on true
     group by s.name order by s.name`,
  )
  return rows.map((row) => ({
    ...row,
    lease_left_ms: Math.round(row.lease_left_ms),
    lease_until: row.lease_until?.toISOString() ?? null,
    started_at: row.started_at?.toISOString() ?? null,
  }))
}

/** The bots of a server, counted by one of their columns, as one JSON object. */
function countsBy(column: 'status' | 'state'): string {
  return `(select coalesce(json_object_agg(c.word, c.count), '{}') from (
    select ${column} as word, count(*)::int as count from instance
    where server_name = s.name and status <> 'deleted' group by ${column}) as c)`
}
