/**
 * Everything that a database holds, at one moment: one REPEATABLE READ, READ ONLY transaction, which stops nobody from
 * writing meanwhile and sees nothing of it.
 */
import { to as copyTo } from 'pg-copy-streams'
import type { BackupRecord, BackupSequence } from '../domain/backup-format.ts'
import { Failure } from '../domain/failure.ts'
import { type LongSession, longWorkFailure, openLongSession } from './long-session.ts'
import { migrationStatus, refuseNewerSchema } from './migrate.ts'
import { listTables, quoteName, type SchemaTable } from './schema-objects.ts'
import type { Tx } from './transaction.ts'

/** How long a database may send nothing in the middle of a table. */
const usualSilenceLimitMs = 60_000

export interface Snapshot {
  /** When it was taken, by the database's clock. */
  readonly takenAt: string
  /** The database's version. */
  readonly postgres: string
  /** Names of the migrations applied, oldest first. */
  readonly schema: readonly string[]
  /** For reading within the snapshot, before `records` is begun. */
  readonly tx: Tx
  /** All of it, table by table; to be read once. */
  records(): AsyncGenerator<BackupRecord>
  /** Lets go of it; complete, may be called twice. */
  close(): Promise<void>
}

/**
 * Takes a snapshot. Throws `conflict` when there is no schema or one that this program does not know, `unavailable` when
 * the database does not answer.
 */
export async function openSnapshot(
  url: string,
  signal: AbortSignal,
  silenceLimitMs = usualSilenceLimitMs,
): Promise<Snapshot> {
  const session = await openLongSession(url, 'botfleet backup', signal)
  try {
    return await beginSnapshot(session, silenceLimitMs)
  } catch (error) {
    await session.end()
    throw longWorkFailure(error)
  }
}

async function beginSnapshot(session: LongSession, silenceLimitMs: number): Promise<Snapshot> {
  const { tx } = session
  await tx.query('begin isolation level repeatable read, read only')
  // Who is held by row-level security would save a part of it and call it all.
  await tx.query('set local row_security = off')
  const status = await migrationStatus(tx)
  refuseNewerSchema(status)
  if (status.applied.length === 0) throw new Failure('conflict', 'the database has no schema yet: nothing to back up')
  const tables = await listTables(tx)
  // Nobody may change a table's form between the look at it and its turn.
  await tx.query(`lock table ${tables.map(({ name }) => quoteName(name)).join(', ')} in access share mode`)
  const about = await tx.query<{ taken_at: Date; postgres: string }>(
    `select now() as taken_at, current_setting('server_version') as postgres`,
  )
  const { taken_at: takenAt, postgres } = about.rows[0] ?? { taken_at: new Date(Number.NaN), postgres: '' }
  return {
    takenAt: takenAt.toISOString(),
    postgres,
    schema: status.applied,
    tx,
    records: () => explained(readRecords(session, tables, silenceLimitMs)),
    close: () => session.end(),
  }
}

async function* explained(records: AsyncGenerator<BackupRecord>): AsyncGenerator<BackupRecord> {
  try {
    yield* records
  } catch (error) {
    throw longWorkFailure(error)
  }
}

async function* readRecords(
  session: LongSession,
  tables: readonly SchemaTable[],
  silenceLimitMs: number,
): AsyncGenerator<BackupRecord> {
  let rowsInAll = 0
  for (const table of tables) {
    yield { kind: 'table', name: table.name, columns: table.columns }
    const columns = table.columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ')
    const stream = session.client.query(copyTo(`copy ${quoteName(table.name)} (${columns}) to stdout`))
    for await (const data of withoutSilence(stream, silenceLimitMs)) yield { kind: 'rows', data }
    // The count of rows comes after the last of them: an answer to something later says that it is there.
    await session.tx.query('select 1')
    rowsInAll += stream.rowCount
    yield { kind: 'table_end', rows: stream.rowCount }
  }
  yield { kind: 'sequences', sequences: await readSequences(session.tx) }
  yield { kind: 'end', tables: tables.length, rows: rowsInAll }
}

/** A database that is there and sends nothing more must not keep a backup for ever; time that we take does not count. */
async function* withoutSilence(stream: AsyncIterable<unknown>, limitMs: number): AsyncGenerator<Buffer> {
  const iterator = stream[Symbol.asyncIterator]()
  for (;;) {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Failure('unavailable', `the database has sent nothing for ${limitMs / 1000} s`))
      }, limitMs)
    })
    const next = await Promise.race([iterator.next(), silence]).finally(() => clearTimeout(timer))
    if (next.done === true) return
    yield next.value as Buffer
  }
}

/** Sequences know no transactions: read after the rows, none is behind the ids among them. */
async function readSequences(tx: Tx): Promise<BackupSequence[]> {
  const names = await tx.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S' order by relname`,
  )
  const sequences: BackupSequence[] = []
  for (const { name } of names.rows) {
    const { rows } = await tx.query<{ last_value: string; is_called: boolean }>(
      `select last_value::text as last_value, is_called from ${quoteName(name)}`,
    )
    sequences.push(...rows.map((row) => ({ name, ...row })))
  }
  return sequences
}
