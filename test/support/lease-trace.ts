/**
 * Who was allowed to run what, and until when: every change of `server` and `instance_lease`, kept by triggers that a
 * test adds to its own database, so that nothing depends on looking often enough.
 */
import type { Queryable } from '../../db/transaction.ts'

/** One change of one instance's lease row. */
export interface HeldRow {
  readonly atMs: number
  readonly instance: string
  readonly server: string | null
  readonly serverEpoch: number
  readonly epoch: number
  readonly phase: string
  readonly process: string | null
}

interface LeaseRow {
  readonly atMs: number
  readonly server: string
  readonly serverEpoch: number
  readonly untilMs: number
}

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::double precision`

const tracing = [
  'create table traced_server (at timestamptz, server text, server_epoch bigint, lease_until timestamptz)',
  `create table traced_lease (id bigint generated always as identity, at timestamptz, instance text, server text,
    server_epoch bigint, epoch bigint, phase text, process text)`,
  `create function trace_server() returns trigger language plpgsql as $$
   begin
     insert into traced_server values (clock_timestamp(), new.name, new.server_epoch, new.lease_until);
     return null;
   end $$`,
  `create function trace_lease() returns trigger language plpgsql as $$
   begin
     insert into traced_lease (at, instance, server, server_epoch, epoch, phase, process) values (clock_timestamp(),
       new.instance_id, new.server_name, new.server_epoch, new.epoch, new.phase, new.process);
     return null;
   end $$`,
  'create trigger traced after insert or update on server for each row execute function trace_server()',
  'create trigger traced after insert or update on instance_lease for each row execute function trace_lease()',
]

/** Adds the triggers; once a database. */
export async function startLeaseTrace(database: Queryable): Promise<void> {
  for (const statement of tracing) await database.query(statement)
}

/** Until when a process was allowed to receive, handle and send, as known at some moment. */
export interface Allowed {
  readonly instance: string
  readonly epoch: number
  readonly untilMs: number
}

export class LeaseTrace {
  readonly rows: readonly HeldRow[]
  readonly #leases: readonly LeaseRow[]

  private constructor(rows: readonly HeldRow[], leases: readonly LeaseRow[]) {
    this.rows = rows
    this.#leases = leases
  }

  static async read(database: Queryable): Promise<LeaseTrace> {
    const rows = await database.query<HeldRow>(
      `select ${ms('at')} as "atMs", instance, server, server_epoch as "serverEpoch", epoch, phase, process
       from traced_lease order by id`,
    )
    const leases = await database.query<LeaseRow>(
      `select ${ms('at')} as "atMs", server, server_epoch as "serverEpoch", ${ms('lease_until')} as "untilMs"
       from traced_server where lease_until is not null order by at`,
    )
    return new LeaseTrace(rows.rows, leases.rows)
  }

  /** Every process that ever held an instance. */
  get processes(): string[] {
    return [...new Set(this.rows.flatMap(({ process }) => (process === null ? [] : [process])))]
  }

  /**
   * What the database had granted to a process by `atMs`: the latest end of any lease under which its epoch was held,
   * cut off where its epoch was released or replaced. A worker's own deadline is never later: it is counted from
   * before the renewing statement was sent. Undefined for a process that never held anything.
   */
  allowedAt(process: string, atMs: number): Allowed | undefined {
    const first = this.rows.find((row) => row.process === process)
    if (first === undefined) return undefined
    const { instance, epoch } = first
    const own = this.rows.filter((row) => row.instance === instance && row.epoch === epoch)
    const terms = new Set(own.flatMap((row) => (row.phase === 'idle' ? [] : [`${row.server}/${row.serverEpoch}`])))
    const leased = this.#leases
      .filter((lease) => lease.atMs <= atMs && terms.has(`${lease.server}/${lease.serverEpoch}`))
      .reduce((latest, lease) => Math.max(latest, lease.untilMs), 0)
    const over = this.rows.find(
      (row) => row.instance === instance && (row.epoch > epoch || (row.epoch === epoch && row.phase === 'idle')),
    )
    return { instance, epoch, untilMs: Math.min(leased, over?.atMs ?? Number.POSITIVE_INFINITY) }
  }
}
