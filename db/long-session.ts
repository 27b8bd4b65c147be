import { Socket } from 'node:net'
import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import { connectionFailure, isConnectionTrouble } from './connection-trouble.ts'
import { resultTypes } from './database.ts'
import { runQuery } from './run-query.ts'
import type { Tx } from './transaction.ts'

/** A connection of its own for one long transaction: a backup or a restore. */
export interface LongSession {
  readonly client: pg.Client
  /** The same connection for services, once the transaction is open. */
  readonly tx: Tx
  /** Ends the connection; what was not committed is undone. */
  end(): Promise<void>
}

const connectTimeoutMs = 4000
const goodbyeMs = 2000
/** How long it waits for a lock that somebody else holds. */
const lockTimeoutMs = 5000

/** Whatever the role or the database has set, values are written and read in one form, and nothing is cut short. */
const settings: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '3',
  bytea_output: 'hex',
  search_path: 'public',
  row_security: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  lock_timeout: `${lockTimeoutMs}`,
  client_min_messages: 'warning',
}

/** Opens one; it is cut off when `signal` aborts. Throws `unavailable` when the database does not answer. */
export async function openLongSession(url: string, applicationName: string, signal: AbortSignal): Promise<LongSession> {
  signal.throwIfAborted()
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    stream: () => socket,
    types: resultTypes,
  })
  client.on('error', () => {})
  const cut = () => socket.destroy()
  signal.addEventListener('abort', cut, { once: true })
  const end = async () => {
    signal.removeEventListener('abort', cut)
    const goodbye = client.end().catch(() => {})
    const timer = setTimeout(cut, goodbyeMs)
    await goodbye
    clearTimeout(timer)
    socket.destroy()
  }
  try {
    await client.connect()
    for (const [name, value] of Object.entries(settings)) {
      await client.query('select set_config($1, $2, false)', [name, value])
    }
    // Only since Postgres 17.
    await client.query(
      `select set_config('transaction_timeout', '0', false)
       where current_setting('server_version_num')::int >= 170000`,
    )
  } catch (error) {
    await end()
    throw connectionFailure(error)
  }
  return { client, tx: { open: true, query: (statement, values) => runQuery(client, statement, values) }, end }
}

/** What ended the work, for a person; a transaction that was not committed has changed nothing. */
export function longWorkFailure(error: unknown): unknown {
  if (error instanceof Failure) return error
  if (isConnectionTrouble(error)) return connectionFailure(error)
  if (!(error instanceof pg.DatabaseError)) return error
  const options = { cause: error }
  switch (error.code) {
    case '55P03':
      return new Failure(
        'conflict',
        'somebody else holds a lock on this database: stop every server and command that works on it; nothing was changed',
        options,
      )
    case '42501':
      return new Failure(
        'not_allowed',
        `the user of DATABASE_URL must own the database (${error.message}); nothing was changed`,
        options,
      )
    case undefined:
    default:
      return new Failure(
        error.code?.startsWith('53') === true ? 'unavailable' : 'conflict',
        `the database refused (${error.message}); nothing was changed`,
        options,
      )
  }
}
