/** The gateway's role where the database's user is its owner and no more. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { Database } from '../../db/database.ts'
import { loadSnapshot } from '../../db/load-snapshot.ts'
import { migrate } from '../../db/migrate.ts'
import { openSnapshot } from '../../db/snapshot.ts'
import { openBackupFile } from '../../runtime/backup-file.ts'
import { gatewayRoleState } from '../../services/gateway-role-state.ts'
import { makeHome, runCli } from '../cli/support/run-cli.ts'
import { backupKeyring, dumpTables, fillEveryTable, never, writeBackupOf } from '../support/backup.ts'
import { createTestDatabase } from '../support/database.ts'
import { createOrdinaryOwner, type OrdinaryOwner } from '../support/ordinary-owner.ts'
import { PostgresHome } from '../support/postgres-server.ts'

let owner: OrdinaryOwner
beforeEach(async () => {
  owner = await createOrdinaryOwner(inject('postgresUrl'))
})
afterEach(() => owner.drop())

test('an owner who may not take the role migrates all the same, and may take it once it is granted', async () => {
  await migrate(owner.url)
  expect(await gatewayRoleState(owner.database)).toBe('not_granted')
  await owner.administer(`grant botfleet_gateway to ${owner.name}`)
  expect(await gatewayRoleState(owner.database)).toBe('ready')
  const opening = { role: 'botfleet_gateway', settings: { 'botfleet.fence': `it's:1:\\` } }
  const { rows } = await owner.database.transaction(
    (tx) => tx.query(`select current_user as "user", current_setting('botfleet.fence') as fence`),
    opening,
  )
  expect(rows).toEqual([{ user: 'botfleet_gateway', fence: `it's:1:\\` }])
  // Neither outlives the transaction on its connection.
  const { rows: after } = await owner.database.query(
    `select current_user as "user", nullif(current_setting('botfleet.fence', true), '') as fence`,
  )
  expect(after).toEqual([{ user: owner.name, fence: null }])
})

test('an owner who may create roles makes it', async () => {
  const postgres = new PostgresHome()
  const maker = await createOrdinaryOwner((await postgres.ensure()).url, 'createrole')
  try {
    await migrate(maker.url)
    expect(await gatewayRoleState(maker.database)).toBe('ready')
    const opening = { role: 'botfleet_gateway', settings: { 'botfleet.fence': '' } }
    await maker.database.transaction(async (tx) => void (await tx.query('select from customer')), opening)
  } finally {
    await maker.drop()
    await postgres.remove()
  }
})

test('rights that are missing in this database come back with migrating', async () => {
  await owner.administer(`grant botfleet_gateway to ${owner.name}`)
  await migrate(owner.url)
  await owner.database.query('revoke insert on customer from botfleet_gateway')
  expect(await gatewayRoleState(owner.database)).toBe('not_equipped')
  await migrate(owner.url)
  expect(await gatewayRoleState(owner.database)).toBe('ready')
})

test('a role that no policy holds for is not taken', async () => {
  await migrate(owner.url)
  const { rows } = await owner.database.query<{ source: string }>(
    `select pg_get_functiondef('gateway_role_state'::regproc) as source`,
  )
  // A role of its own stands in, since all tests share the real one.
  const loose = `${owner.name}_loose`
  await owner.administer(`create role ${loose} nologin bypassrls`)
  try {
    await owner.database.query(rows[0]?.source.replaceAll('botfleet_gateway', loose) ?? '')
    expect(await gatewayRoleState(owner.database)).toBe('unbound')
    await owner.administer(`alter role ${loose} nobypassrls`)
    expect(await gatewayRoleState(owner.database)).toBe('not_granted')
  } finally {
    await owner.administer(`drop role ${loose}`)
  }
  expect(await gatewayRoleState(owner.database)).toBe('missing')
})

test('many databases of one server are migrated at once', async () => {
  const owners = await Promise.all([1, 2, 3, 4].map(() => createOrdinaryOwner(inject('postgresUrl'), 'superuser')))
  try {
    await Promise.all(owners.map(({ url }) => migrate(url)))
    for (const { database } of owners) expect(await gatewayRoleState(database)).toBe('ready')
  } finally {
    await Promise.all(owners.map((each) => each.drop()))
  }
})

test('an ordinary owner saves and restores everything, with and without the role', async () => {
  const source = await createTestDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'botfleet-owner-'))
  const path = join(folder, 'one.backup')
  const load = async () => {
    const file = await openBackupFile(path)
    await file.read(backupKeyring, never, (records) =>
      loadSnapshot({
        url: owner.url,
        signal: never,
        schema: file.header.schema,
        records,
        inspect: async () => {},
        settle: async () => {},
      }),
    )
  }
  try {
    await fillEveryTable(source.database)
    await writeBackupOf(source.url, path)
    await load()
    expect(await dumpTables(owner.database)).toEqual(await dumpTables(source.database))
    await owner.administer(`grant botfleet_gateway to ${owner.name}`)
    await load()
    expect(await gatewayRoleState(owner.database)).toBe('ready')
    const before = await dumpTables(owner.database)
    rmSync(path)
    await writeBackupOf(owner.url, path)
    await load()
    expect(await dumpTables(owner.database)).toEqual(before)
  } finally {
    await source.drop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a backup by somebody whom row-level security holds is refused, and not a part of everything', async () => {
  await migrate(owner.url)
  const reader = `${owner.name}_reader`
  await owner.administer(`create role ${reader} login password 'a long password' in role pg_read_all_data`)
  try {
    const url = new URL(owner.url)
    url.username = reader
    await expect(openSnapshot(url.href, never).then((snapshot) => readAll(snapshot.records()))).rejects.toThrow(
      /row-level security/,
    )
  } finally {
    await owner.administer(`drop role ${reader}`)
  }
})

async function readAll(records: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of records) count += 1
  return count
}

test('doctor says that the role is missing and what to do', async () => {
  await migrate(owner.url)
  const place = makeHome()
  try {
    const env = { BOTFLEET_HOME: place.home, DATABASE_URL: owner.url, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }
    const finding = async () => {
      const { stdout } = await runCli(['doctor', '--json'], { env })
      const { checks } = JSON.parse(stdout) as { checks: { name: string }[] }
      return checks.find(({ name }) => name === 'gateway role')
    }
    expect(await finding()).toMatchObject({
      verdict: 'warn',
      detail: 'row-level security is without effect: the role botfleet_gateway is not granted',
      todo: `as an administrator: grant botfleet_gateway to ${owner.name}; then restart the server`,
    })
    await owner.administer(`grant botfleet_gateway to ${owner.name}`)
    expect(await finding()).toMatchObject({ verdict: 'ok' })
  } finally {
    place.remove()
  }
})

test('a transaction whose opening fails leaves a connection that works', async () => {
  const database = Database.open(owner.url, { applicationName: 'botfleet test', connectionsMax: 1 })
  const work = async () => {}
  await expect(database.transaction(work, { role: 'nobody_of_that_name', settings: { 'a.b': 'c' } })).rejects.toThrow()
  await database.transaction(async (tx) => void (await tx.query('select 1')))
  await database.close()
})
