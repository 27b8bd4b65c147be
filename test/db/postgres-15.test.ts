/** The oldest Postgres that is supported. Its binaries come by npm for Linux on x64 only; elsewhere this is skipped. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../../db/database.ts'
import { migrate, migrationStatus } from '../../db/migrate.ts'
import { gatewayRoleState } from '../../services/gateway-role-state.ts'
import { createOrdinaryOwner } from '../support/ordinary-owner.ts'
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

  test('the role of the gateway is missing where nobody may make it, and is taken once an administrator has', async () => {
    const name = 'test_role_of_its_own'
    const owner = await createOrdinaryOwner(url)
    try {
      // All databases of a server share their roles; here is no other one in use.
      await owner.administer('drop owned by botfleet_gateway')
      await owner.administer(`alter role botfleet_gateway rename to ${name}`)
      await migrate(owner.url)
      expect(await gatewayRoleState(owner.database)).toBe('missing')
      await owner.administer('create role botfleet_gateway nologin')
      await owner.administer(`grant botfleet_gateway to ${owner.name}`)
      expect(await gatewayRoleState(owner.database)).toBe('not_equipped')
      await migrate(owner.url)
      expect(await gatewayRoleState(owner.database)).toBe('ready')
    } finally {
      await owner.drop()
      await database.query('drop role botfleet_gateway')
      await database.query(`alter role ${name} rename to botfleet_gateway`)
    }
  })

  test('an owner who may create roles makes it', async () => {
    await database.query('drop owned by botfleet_gateway')
    await database.query('drop role botfleet_gateway')
    const owner = await createOrdinaryOwner(url, 'createrole')
    try {
      await migrate(owner.url)
      expect(await gatewayRoleState(owner.database)).toBe('ready')
      await owner.database.transaction(async (tx) => void (await tx.query('select from customer')), {
        role: 'botfleet_gateway',
        settings: { 'botfleet.fence': '' },
      })
    } finally {
      await owner.drop()
    }
  })
})
