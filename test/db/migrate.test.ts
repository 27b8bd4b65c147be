import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { migrate, migrationStatus } from '../../db/migrate.ts'
import { binariesOfPackage } from '../../db/postgres-place.ts'
import { createTestDatabase } from '../support/database.ts'

test('three servers that migrate at once end with the schema applied once', async () => {
  const db = await createTestDatabase({ migrated: false })
  try {
    const applied = await Promise.all([migrate(db.url), migrate(db.url), migrate(db.url)])
    const status = await migrationStatus(db.database)
    expect(applied.flat()).toEqual(status.applied)
    expect(status.pending).toEqual([])
  } finally {
    await db.drop()
  }
})

test('a schema newer than the program is refused and left as it is', async () => {
  const db = await createTestDatabase()
  try {
    await db.database.query(`insert into schema_migration (name, run_on) values ('9999_from_the_future', now())`)
    await expect(migrate(db.url)).rejects.toThrow(/newer schema.*9999_from_the_future.*upgrade/)
    expect((await migrationStatus(db.database)).unknown).toEqual(['9999_from_the_future'])
  } finally {
    await db.drop()
  }
})

test('the migrations apply on Postgres 15 as well', { timeout: 120_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'botfleet-pg15-'))
  const binaries = () => binariesOfPackage(createRequire(import.meta.url).resolve('postgres-15'))
  const { url, folder } = await ensureEmbeddedPostgres(home, binaries)
  const database = Database.open(url, { applicationName: 'test' })
  try {
    expect((await migrate(url)).length).toBeGreaterThan(0)
    const { rows } = await database.query<{ version: string }>('show server_version')
    expect(rows[0]).toMatchObject({ server_version: expect.stringMatching(/^15\./) as unknown })
  } finally {
    await database.close()
    await stopEmbeddedPostgresIfUnused(home, binaries)
    rmSync(home, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  }
})
