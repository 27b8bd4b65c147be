import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import { connectionFailure, isConnectionTrouble } from './connection-trouble.ts'
import { runQuery } from './run-query.ts'
import type { Queryable } from './transaction.ts'

const folder = join(import.meta.dirname, '..', 'migrations')
const table = 'schema_migration'
/** The advisory lock under which schemas are changed; node-pg-migrate's own number, which older programs take too. */
const migrationLock = 7_241_865_325_823_964

export interface MigrationStatus {
  /** Names applied to the database, oldest first. */
  readonly applied: readonly string[]
  /** Names that this program has and the database lacks. */
  readonly pending: readonly string[]
  /** Names that the database has and this program does not know: its schema is newer. */
  readonly unknown: readonly string[]
}

/** The migrations of this program, in order. */
export function knownMigrations(): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .map((name) => name.slice(0, -'.sql'.length))
    .sort()
}

/** Compares the database's schema with this program's. */
export async function migrationStatus(database: Queryable): Promise<MigrationStatus> {
  const known = knownMigrations()
  const exists = await database.query<{ found: boolean }>(`select to_regclass($1) is not null as found`, [
    `public.${table}`,
  ])
  const applied =
    exists.rows[0]?.found === true
      ? (await database.query<{ name: string }>(`select name from ${table} order by id`)).rows.map((row) => row.name)
      : []
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  }
}

/** Throws `conflict` when the schema is newer than this program; it is never written to. */
export function refuseNewerSchema(status: MigrationStatus): void {
  if (status.unknown.length === 0) return
  throw new Failure(
    'conflict',
    `the database has a newer schema than this program (${status.unknown.join(', ')}): upgrade botfleet; nothing was changed`,
  )
}

/**
 * Applies what is pending, in one transaction, forward only. Safe when several servers start at once: they wait for
 * one another. Returns the names applied by this call.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'botfleet migrate',
    connectionTimeoutMillis: 4000,
    query_timeout: 120_000,
    keepAlive: true,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const queryable: Queryable = { query: (statement, values) => runQuery(client, statement, values) }
    refuseNewerSchema(await migrationStatus(queryable))
    const applied = await runner({
      dbClient: client,
      dir: folder,
      migrationsTable: table,
      direction: 'up',
      singleTransaction: true,
      checkOrder: true,
      advisoryLockMode: 'wait',
      lockValue: migrationLock,
      log: () => {},
    })
    // While we waited for the lock, a newer program may have migrated further.
    refuseNewerSchema(await migrationStatus(queryable))
    // It may have become possible since.
    await queryable.query(`select equip_gateway_role() where gateway_role_state() <> 'ready'`)
    return applied.map(({ name }) => name)
  } catch (error) {
    throw isConnectionTrouble(error) || isLoginTrouble(error) ? connectionFailure(error) : error
  } finally {
    await client.end().catch(() => {})
  }
}

/** Keeps every other migration of this database waiting until the connection ends; servers that start wait with it. */
export async function lockMigrations(queryable: Queryable): Promise<void> {
  await queryable.query('select pg_advisory_lock($1)', [migrationLock])
}

/**
 * Applies the next migrations inside the transaction that `client` has open, all of them or the first `countMax`. The
 * caller holds the lock of `lockMigrations`. Returns the names applied.
 */
export async function migrateWithin(client: pg.ClientBase, countMax = Number.POSITIVE_INFINITY): Promise<string[]> {
  if (countMax === 0) return []
  const applied = await runner({
    dbClient: withinTransaction(client),
    dir: folder,
    migrationsTable: table,
    direction: 'up',
    count: countMax,
    singleTransaction: true,
    checkOrder: true,
    noLock: true,
    log: () => {},
  })
  return applied.map(({ name }) => name)
}

/** The client without its say on transactions: where they begin and end is the business of who opened this one. */
function withinTransaction(client: pg.ClientBase): pg.ClientBase {
  const query = (text: string, values?: unknown[]) => {
    if (/^(BEGIN|COMMIT|ROLLBACK)$/.test(text)) return Promise.resolve({ rows: [], rowCount: 0 })
    if (/^(BEGIN|COMMIT);$/.test(text)) throw new Error('a migration wants to be outside of a transaction')
    return client.query(text, values)
  }
  return { query } as unknown as pg.ClientBase
}

function isLoginTrouble(error: unknown): boolean {
  return ['28P01', '28000', '3D000'].includes((error as NodeJS.ErrnoException).code ?? '')
}
