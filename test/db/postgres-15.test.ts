/** The oldest Postgres that is supported. Its binaries come by npm for Linux on x64 only; elsewhere this is skipped. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../../db/database.ts'
import { migrate, migrationStatus } from '../../db/migrate.ts'
import { findPostgres15, PostgresHome } from '../support/postgres-server.ts'

const binaries = await findPostgres15()

describe.skipIf(binaries === undefined)('Postgres 15', () => {
  const postgres = new PostgresHome(async () => binaries ?? (await Promise.reject(new Error('no Postgres 15'))))
  let url: string
  let database: Database

  beforeAll(async () => {
    url = (await postgres.ensure()).url
    database = Database.open(url, { applicationName: 'botfleet test' })
  })
  afterAll(async () => {
    await database.close()
    await postgres.remove()
  })

  test('is what runs here', async () => {
    const { rows } = await database.query<{ version: string }>(`select current_setting('server_version') as version`)
    expect(rows[0]?.version).toMatch(/^15\./)
  })

  test('takes every migration, from three servers at once', async () => {
    const { pending } = await migrationStatus(database)
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)])
    expect(applied.flat().sort()).toEqual([...pending])
    expect((await migrationStatus(database)).pending).toEqual([])
  })
})
