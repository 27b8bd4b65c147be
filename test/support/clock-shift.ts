/**
 * Shifts the clock of one test database while programs use it. A schema in front of pg_catalog has its own
 * clock_timestamp() and now(), which add an offset from a table. What the schema's functions were bound to before, the
 * defaults of columns, keeps the real time.
 *
 *     const db = await createTestDatabase()
 *     const clock = await ClockShift.install(db)   // before anything else connects to it
 *     await clock.shift(3_600_000)                 // everybody's next statement is an hour later
 */
import { Database } from '../../db/database.ts'
import type { TestDatabase } from './database.ts'

const statements = [
  'create schema shifted',
  'create table shifted.clock (offset_ms double precision not null)',
  'insert into shifted.clock values (0)',
  `create function shifted.clock_timestamp() returns timestamptz language sql volatile as
     'select pg_catalog.clock_timestamp() + (select offset_ms from shifted.clock) * interval ''1 millisecond'''`,
  `create function shifted.now() returns timestamptz language sql stable as
     'select pg_catalog.now() + (select offset_ms from shifted.clock) * interval ''1 millisecond'''`,
  `do $$ begin
     execute format('alter database %I set search_path = shifted, pg_catalog, public', current_database());
   end $$`,
]

export class ClockShift {
  readonly #admin: Database

  private constructor(admin: Database) {
    this.#admin = admin
  }

  /** Connections that are open already keep the real clock: install it first. */
  static async install(test: TestDatabase): Promise<ClockShift> {
    const admin = Database.open(test.url, { applicationName: 'clock shift', connectionsMax: 1 })
    for (const statement of statements) await admin.query(statement)
    return new ClockShift(admin)
  }

  /** Moves the clock by so many milliseconds, on top of earlier shifts; negative is back. */
  async shift(ms: number): Promise<void> {
    await this.#admin.query('update shifted.clock set offset_ms = offset_ms + $1', [ms])
  }

  /** Lets go of its own connection; the shift stays. */
  async close(): Promise<void> {
    await this.#admin.close()
  }
}
