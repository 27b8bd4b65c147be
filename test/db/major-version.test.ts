/** The way between embedded Postgres servers of two major versions, and out of them: backup and restore. */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../../db/database.ts'
import { migrate } from '../../db/migrate.ts'
import { runCli } from '../cli/support/run-cli.ts'
import { backupKeyring, dumpTables, fillEveryTable } from '../support/backup.ts'
import { createTestDatabase } from '../support/database.ts'
import { findPostgres15, PostgresHome } from '../support/postgres-server.ts'

const binaries = await findPostgres15()
const same = ['app_user', 'customer', 'handled_update', 'instance_credential', 'instance_sample', 'tenant']

describe.skipIf(binaries === undefined)('an embedded Postgres 15', () => {
  const old = new PostgresHome(async () => binaries ?? (await Promise.reject(new Error('no Postgres 15'))))
  /** The same folder as the program sees it, which brings another version. */
  const env: Record<string, string> = {
    BOTFLEET_HOME: old.home,
    LEASE_TTL_SECONDS: '2',
    AGENT_TOKEN_AES_KEY: [...backupKeyring.keys.values()][0]?.toString('base64') ?? '',
  }
  const file = () => join(old.folder, 'one.backup')
  const cli = (parameters: readonly string[], more: Record<string, string> = {}) =>
    runCli(parameters, { env: { ...env, ...more }, cwd: old.folder })
  let before: Record<string, string[]>

  beforeAll(async () => {
    const { url } = await old.ensure()
    await migrate(url)
    const database = Database.open(url, { applicationName: 'botfleet test' })
    await fillEveryTable(database)
    before = await dumpTables(database)
    await database.close()
    // What the botfleet that brings Postgres 15 would do.
    const made = await cli(['backup', file()], { DATABASE_URL: url })
    expect(made.code, made.stderr).toBe(0)
    expect(await old.stopIfUnused()).toBe(true)
  })
  afterAll(async () => {
    await old.remove()
  })

  test('goes by backup, mv and restore into the version that this program brings, as the refusal says', async () => {
    const refused = await cli(['user', 'list'])
    expect(refused.code).toBe(6)
    expect(refused.stderr).toMatch(/was made by Postgres 15, this program brings Postgres \d\d; nothing was changed/)
    const { data } = await old.place()
    const steps = [`./botfleet backup FILE`, `mv ${data} ${data}.15`, `./botfleet restore FILE`]
    for (const step of steps) expect(refused.stderr).toContain(step)

    renameSync(data, `${data}.15`)
    const restored = await cli(['restore', file(), '--yes'])
    expect(restored.code, restored.stderr).toBe(0)
    const users = await cli(['user', 'list', '--json'])
    expect(JSON.parse(users.stdout)).toHaveLength(1)
    expect(existsSync(`${data}.15`)).toBe(true)
  })

  test('takes a backup itself, the oldest Postgres that is supported', async () => {
    const other = new PostgresHome(async () => binaries ?? (await Promise.reject(new Error('no Postgres 15'))))
    try {
      const { url } = await other.ensure()
      const restored = await cli(['restore', file(), '--yes'], { DATABASE_URL: url })
      expect(restored.code, restored.stderr).toBe(0)
    } finally {
      await other.remove()
    }
  })

  test('goes by backup and restore into an external Postgres', async () => {
    const external = await createTestDatabase({ migrated: false })
    try {
      const restored = await cli(['restore', file(), '--yes'], { DATABASE_URL: external.url })
      expect(restored.code, restored.stderr).toBe(0)
      const after = await dumpTables(external.database)
      for (const table of same) expect(after[table], table).toEqual(before[table])
    } finally {
      await external.drop()
    }
  })
})
