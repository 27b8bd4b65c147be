/**
 * The real database under the lease model, with a clock that stands still unless the model moves it: a run takes no
 * real time, and repeats exactly.
 */
import { Database } from '../../../db/database.ts'
import type { Queryable, Tx } from '../../../db/transaction.ts'
import { createTestDatabase } from '../../support/database.ts'

export const serverNames = ['alpha', 'beta'] as const
export type ServerName = (typeof serverNames)[number]

/** Two that may go anywhere, one that may not. */
export const bots = [
  { id: 'bot-1', server: 'alpha', placement: 'floating' },
  { id: 'bot-2', server: 'alpha', placement: 'pinned' },
  { id: 'bot-3', server: 'beta', placement: 'floating' },
] as const
export type BotId = (typeof bots)[number]['id']

/** One server has room for all but one of them. */
export const capacity = 2

const standingClock = [
  'create schema standing',
  'create table standing.clock (at timestamptz not null)',
  `insert into standing.clock values ('2030-01-01')`,
  `create function standing.clock_timestamp() returns timestamptz language sql volatile as
     'select at from standing.clock'`,
  `do $$ begin
     execute format('alter database %I set search_path = standing, pg_catalog, public', current_database());
     execute format('alter database %I set synchronous_commit = off', current_database());
   end $$`,
]

/** What the database says of the holding of one name. */
interface Standing {
  readonly serverEpoch: number
  readonly beat: number
  readonly holder: string | null
  /** Its lease has not lapsed, by the database's clock. */
  readonly isHeld: boolean
  readonly isDraining: boolean
  readonly stopsPinned: boolean
}

interface Lease {
  readonly instanceId: string
  readonly server: string | null
  readonly epoch: number
  readonly nonce: string | null
  readonly phase: string
  readonly isBounded: boolean
}

/** Where a bot belongs, and whether it is wanted. */
export interface Assignment {
  readonly id: BotId
  readonly server: ServerName
  readonly placement: 'pinned' | 'floating'
  readonly desired: 'running' | 'stopped'
  /** Somebody has asked for a new worker. */
  readonly isRestartAsked: boolean
}

export class ModelDatabase implements Queryable {
  readonly #database: Database
  readonly #drop: () => Promise<void>

  private constructor(database: Database, drop: () => Promise<void>) {
    this.#database = database
    this.#drop = drop
  }

  static async create(): Promise<ModelDatabase> {
    const test = await createTestDatabase()
    for (const statement of standingClock) await test.database.query(statement)
    // Connections that are open already keep the real clock.
    const database = Database.open(test.url, { applicationName: 'botfleet model', connectionsMax: 2 })
    for (const name of serverNames) await database.query('insert into server (name) values ($1)', [name])
    for (const bot of bots) {
      await database.query(
        `insert into instance (id, tenant_id, platform, name, server_name, created_by, approved_at, expires_at)
         values ($1, 'master', 'telegram', 'Bot', $2, 'test', now(), timestamptz '2090-01-01')`,
        [bot.id, bot.server],
      )
    }
    return new ModelDatabase(database, async () => {
      await database.close()
      await test.drop()
    })
  }

  query: Queryable['query'] = (text, values) => this.#database.query(text, values)

  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#database.transaction(work)
  }

  drop(): Promise<void> {
    return this.#drop()
  }

  /** Everything as at the beginning: nobody holds a name, nothing runs. */
  async reset(): Promise<void> {
    await this.query(`update standing.clock set at = '2030-01-01'`)
    await this.query('delete from instance_event')
    await this.query(
      `update server set server_epoch = 0, holder = null, lease_until = null, beat = 0, capacity = $1, draining = false,
         drain_pinned = 'stay', lease_ttl_ms = null`,
      [capacity],
    )
    await this.query(
      `update instance_lease set server_name = null, server_epoch = 0, epoch = 0, nonce = null, process = null,
         port = null, may_run_until = null, phase = 'idle'`,
    )
    for (const { id, server, placement } of bots) {
      await this.query(
        `update instance set server_name = $2, placement = $3, status = 'approved', desired = 'running',
           state = 'stopped', last_error = null, attempt = 0, restart_requested = 0, restart_done = 0 where id = $1`,
        [id, server, placement],
      )
    }
  }

  /** The clock goes on, or jumps. */
  async moveClock(ms: number): Promise<void> {
    await this.query(`update standing.clock set at = at + $1 * interval '1 millisecond'`, [ms])
  }

  async standingOf(server: string): Promise<Standing> {
    const { rows } = await this.query<Standing>(
      `select server_epoch as "serverEpoch", beat, holder, coalesce(holder is not null and lease_until > clock_timestamp(), false)
         as "isHeld", draining as "isDraining",
         draining and drain_pinned = 'stop' as "stopsPinned"
       from server where name = $1`,
      [server],
    )
    const standing = rows[0]
    if (standing === undefined) throw new Error(`no server ${server}`)
    return standing
  }

  /** All that a supervisor can write about leases and placement. */
  async leaseRows(): Promise<unknown> {
    const { rows } = await this.query(
      `select to_jsonb(s) as server, null as instance, null as lease from server s
       union all
       select null, to_jsonb(i), to_jsonb(l) from instance i join instance_lease l on l.instance_id = i.id`,
    )
    return rows
  }

  async leaseOf(instanceId: string): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.query('select * from instance_lease where instance_id = $1', [instanceId])
    return rows[0]
  }

  /** Bots whose row says that a worker may still run. */
  async boundedNow(): Promise<string[]> {
    const { rows } = await this.query<{ id: string }>(
      'select instance_id as id from instance_lease where may_run_until > clock_timestamp()',
    )
    return rows.map(({ id }) => id)
  }

  async leases(): Promise<Lease[]> {
    const { rows } = await this.query<Lease>(
      'select instance_id as "instanceId", server_name as server, epoch, nonce, phase, may_run_until is not null as "isBounded" from instance_lease order by 1',
    )
    return rows
  }

  async assignments(): Promise<Assignment[]> {
    const { rows } = await this.query<Assignment>(
      `select id, server_name as server, placement, desired, restart_requested > restart_done as "isRestartAsked"
       from instance order by id`,
    )
    return rows
  }
}
