/** A database whose owner is nobody special. */
import { randomBytes } from 'node:crypto'
import { Database } from '../../db/database.ts'

export interface OrdinaryOwner {
  readonly url: string
  readonly name: string
  readonly database: Database
  /** Runs a statement as an administrator of the server. */
  administer(statement: string): Promise<void>
  drop(): Promise<void>
}

/** `rights`: what the owner may besides, for example `createrole`. */
export async function createOrdinaryOwner(serverUrl: string, rights = ''): Promise<OrdinaryOwner> {
  const admin = Database.open(serverUrl, { applicationName: 'test', queryTimeoutMs: 60_000 })
  const name = `owner_${randomBytes(6).toString('hex')}`
  await admin.query(`create role ${name} login password 'a long password' ${rights}`)
  await admin.query(`create database ${name} owner ${name} template template0`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  url.username = name
  url.password = 'a long password'
  const database = Database.open(url.href, { applicationName: 'botfleet test' })
  return {
    url: url.href,
    name,
    database,
    administer: async (statement) => void (await admin.query(statement)),
    drop: async () => {
      await database.close()
      await admin.query(`drop database if exists ${name} with (force)`)
      await admin.query(`drop role if exists ${name}`)
      await admin.close()
    },
  }
}
