import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, migrationStatus, refuseNewerSchema } from '../../db/migrate.ts'
import { Failure } from '../../domain/failure.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase({ migrated: false })
})
afterEach(async () => {
  await db.drop()
})

test('three at once all succeed, and each migration is applied once', async () => {
  const { pending } = await migrationStatus(db.database)
  expect(pending.length).toBeGreaterThan(0)
  const applied = await Promise.all([migrate(db.url), migrate(db.url), migrate(db.url)])
  expect(applied.flat().sort()).toEqual([...pending])
  expect(await migrationStatus(db.database)).toEqual({ applied: pending, pending: [], unknown: [] })
})

test('a second run changes nothing', async () => {
  await migrate(db.url)
  expect(await migrate(db.url)).toEqual([])
})

test('a newer schema is refused by name and not written to', async () => {
  await migrate(db.url)
  await db.database.query(`insert into schema_migration (name, run_on) values ('9999_from_the_future', now())`)
  await expect(migrate(db.url)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('9999_from_the_future'),
  })
  const status = await migrationStatus(db.database)
  expect(status.unknown).toEqual(['9999_from_the_future'])
  expect(() => refuseNewerSchema(status)).toThrow(Failure)
})

test('a schema that became newer while this program waited for its turn is refused', async () => {
  await migrate(db.url)
  // The advisory lock of node-pg-migrate, held as another program would hold it.
  const lock = 7_241_865_325_823_964
  let mine: Promise<unknown> | undefined
  await db.database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [lock])
    mine = migrate(db.url).catch((error: unknown) => error)
    await tx.query(
      `do $$ begin
         for attempt in 1..400 loop
           exit when exists (select from pg_locks where locktype = 'advisory' and not granted
                             and database = (select oid from pg_database where datname = current_database()));
           perform pg_sleep(0.02);
         end loop;
       end $$`,
    )
    await tx.query(`insert into schema_migration (name, run_on) values ('9999_from_the_future', now())`)
  })
  expect(await mine).toMatchObject({ code: 'conflict' })
})

test('a migration that fails in the middle leaves nothing behind', async () => {
  // A table of the first migration exists already, so that the migration cannot finish.
  const { pending } = await migrationStatus(db.database)
  await db.database.query('create table server (id int)')
  await expect(migrate(db.url)).rejects.toThrow('server')
  expect((await migrationStatus(db.database)).pending).toEqual(pending)
  const { rows } = await db.database.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migration'`,
  )
  expect(rows).toEqual([{ name: 'server' }])
})

test('an unreachable database is unavailable', async () => {
  await expect(migrate('postgres://nobody:canary@127.0.0.1:1/none')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.not.stringContaining('canary'),
  })
})
