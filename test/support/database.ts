import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { Database } from '../../db/database.ts'

export interface TestDatabase {
  readonly url: string
  readonly database: Database
  drop(): Promise<void>
}

/** A fresh database, cloned from the migrated template; `migrated: false` makes an empty one. */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = options.migrated === false ? 'template0' : 'template_botfleet'
  const admin = Database.open(server, { applicationName: 'test', queryTimeoutMs: 60_000 })
  await admin.query(`create database ${name} template ${template}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const database = Database.open(url.href, { applicationName: 'botfleet test' })
  return {
    url: url.href,
    database,
    drop: async () => {
      await database.close()
      await admin.query(`drop database if exists ${name} with (force)`)
      await admin.close()
    },
  }
}
