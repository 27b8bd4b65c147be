/**
 * The way back of a snapshot: one transaction that builds the schema of its time, fills it, brings it up to date and is
 * committed at the very end. Until then the database is as it was, whatever happens.
 */
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { BackupRecord, BackupSequence } from '../domain/backup-format.ts'
import { Failure } from '../domain/failure.ts'
import { isConnectionTrouble } from './connection-trouble.ts'
import { CommitUnknown } from './database.ts'
import { type LongSession, longWorkFailure, openLongSession } from './long-session.ts'
import { knownMigrations, lockMigrations, migrateWithin } from './migrate.ts'
import { dropSchemaObjects, listTables, quoteName } from './schema-objects.ts'
import type { Tx } from './transaction.ts'

export interface LoadSnapshot {
  readonly url: string
  readonly signal: AbortSignal
  /** Migrations that had been applied when the snapshot was taken. */
  readonly schema: readonly string[]
  /** Read to the end before anything is committed; a failure of it undoes everything. */
  readonly records: AsyncIterable<BackupRecord>
  /** Throws when this database must not be filled. Asked before its tables are locked, and once more after. */
  readonly inspect: (tx: Tx, tables: readonly string[]) => Promise<void>
  /** Finishes what was loaded, the schema being current; the last thing before the commit. */
  readonly settle: (tx: Tx) => Promise<void>
}

export interface LoadedSnapshot {
  readonly tables: number
  readonly rows: number
  /** Migrations applied on top of the snapshot's own. */
  readonly applied: readonly string[]
}

/** Throws `conflict` when a snapshot's schema is not one that this program's migrations lead through. */
export function refuseForeignSchema(schema: readonly string[]): void {
  const known = knownMigrations()
  const unknown = schema.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new Failure(
      'conflict',
      `the backup has a newer schema than this program (${unknown.join(', ')}): restore it with the botfleet that made it, or a newer one; nothing was changed`,
    )
  }
  if (schema.every((name, index) => name === known[index])) return
  throw new Failure('conflict', `the backup's schema (${schema.join(', ')}) is none that this program ever had`)
}

/** Fills a database from a snapshot. What `inspect` finds empty is built anew. */
export async function loadSnapshot(input: LoadSnapshot): Promise<LoadedSnapshot> {
  refuseForeignSchema(input.schema)
  const session = await openLongSession(input.url, 'botfleet restore', input.signal)
  try {
    return await load(session, input)
  } catch (error) {
    input.signal.throwIfAborted()
    throw longWorkFailure(error)
  } finally {
    await session.end()
  }
}

async function load(session: LongSession, input: LoadSnapshot): Promise<LoadedSnapshot> {
  const { client, tx } = session
  await lockMigrations(tx)
  await tx.query('begin')
  const there = (await listTables(tx)).map(({ name }) => name)
  // Before the locks, too: a fleet that runs here is refused without having to wait for us.
  await input.inspect(tx, there)
  if (there.length > 0) {
    await tx.query(`lock table ${there.map(quoteName).join(', ')} in access exclusive mode`)
  }
  await input.inspect(tx, there)
  await dropSchemaObjects(tx)
  await migrateWithin(client, input.schema.length)
  const tables = (await listTables(tx)).map(({ name }) => name)
  const quiet = await silenceTriggers(tx)
  await tx.query(`truncate ${tables.map(quoteName).join(', ')} restart identity`)
  const loaded = await fill(session, tables, input)
  await quiet.end()
  const applied = await migrateWithin(client)
  await input.settle(tx)
  await commit(tx)
  return { ...loaded, applied }
}

/** A load is no change: it leaves no events, makes no leases, wakes nobody, and history may be written. */
async function silenceTriggers(tx: Tx): Promise<{ end: () => Promise<void> }> {
  const { rows } = await tx.query<{ on_table: string; name: string }>(
    `select tgrelid::regclass::text as on_table, quote_ident(tgname) as name
     from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgenabled = 'O'`,
  )
  const turn = async (word: 'disable' | 'enable') => {
    for (const { on_table: table, name } of rows) await tx.query(`alter table ${table} ${word} trigger ${name}`)
  }
  await turn('disable')
  return { end: () => turn('enable') }
}

async function fill(
  session: LongSession,
  tables: readonly string[],
  { records }: LoadSnapshot,
): Promise<{ tables: number; rows: number }> {
  const filled = new Set<string>()
  let rowsInAll = 0
  let told: Extract<BackupRecord, { kind: 'end' }> | undefined
  const iterator = records[Symbol.asyncIterator]()
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    const record = next.value
    if (record.kind === 'table') {
      if (!tables.includes(record.name)) throw mismatch(`it has a table ${record.name}, which its own schema lacks`)
      const rows = await fillTable(session, record, iterator)
      filled.add(record.name)
      rowsInAll += rows
    } else if (record.kind === 'sequences') {
      await setSequences(session.tx, record.sequences)
    } else if (record.kind === 'end') {
      told = record
    } else {
      throw mismatch('its records are not in order')
    }
  }
  if (told?.tables !== filled.size || told.rows !== rowsInAll || filled.size !== tables.length) {
    throw mismatch('what it says about itself and what it holds differ')
  }
  return { tables: filled.size, rows: rowsInAll }
}

/** Fills one table from the records up to the table's end. */
async function fillTable(
  { client }: LongSession,
  table: Extract<BackupRecord, { kind: 'table' }>,
  iterator: AsyncIterator<BackupRecord>,
): Promise<number> {
  let told = -1
  async function* rows(): AsyncGenerator<Buffer> {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      if (next.value.kind === 'rows') yield next.value.data
      else if (next.value.kind === 'table_end') {
        told = next.value.rows
        return
      } else break
    }
    throw mismatch(`the table ${table.name} has no end`)
  }
  const columns = table.columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ')
  const stream = client.query(copyFrom(`copy ${quoteName(table.name)} (${columns}) from stdin`))
  await pipeline(rows(), stream)
  if (stream.rowCount !== told) throw mismatch(`the table ${table.name} has ${told} rows, ${stream.rowCount} arrived`)
  return told
}

async function setSequences(tx: Tx, sequences: readonly BackupSequence[]): Promise<void> {
  for (const { name, last_value: lastValue, is_called: isCalled } of sequences) {
    await tx.query('select setval($1::regclass, $2::bigint, $3)', [quoteName(name), lastValue, isCalled])
  }
}

async function commit(tx: Tx): Promise<void> {
  try {
    await tx.query('commit')
  } catch (error) {
    throw isConnectionTrouble(error) ? new CommitUnknown(error) : error
  }
}

function mismatch(detail: string): Failure {
  return new Failure('conflict', `the backup does not fit together: ${detail}; nothing was changed`)
}
