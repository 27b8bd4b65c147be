import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import { connectionFailure, isConnectionTrouble, isRetryable } from './connection-trouble.ts'
import { runQuery } from './run-query.ts'
import type { Queryable, QueryOutcome, Tx } from './transaction.ts'

/** COMMIT was sent and no answer came: the transaction may or may not stand. */
export class CommitUnknown extends Failure {
  constructor(cause: unknown) {
    super('unavailable', 'the connection was lost during COMMIT: the outcome is unknown', { cause })
    this.name = 'CommitUnknown'
  }
}

export interface DatabaseOptions {
  /** Seen in pg_stat_activity; begins with `botfleet`. */
  readonly applicationName: string
  readonly connectionsMax?: number
  /** Time limit of one statement, seen from here; a silent partition ends in it. */
  readonly queryTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Must stay below the lease's time to live, so that a stalled transaction cannot block a take-over. */
  readonly idleInTransactionMs?: number
}

const attemptsMax = 4
/** Postgres' type id of bigint. */
const int8Oid = 20

/** int8 as a number: ids, epochs and counters stay far below 2^53; anything above is refused, never rounded. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`the integer ${text} does not fit a JavaScript number`)
  return value
}

/** pg's own parsers for everything but int8; its typings want an enum where any type id may come. */
const parserOf = pg.types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown
const types = {
  getTypeParser: (oid: number, format?: string) => (oid === int8Oid ? parseInt8 : parserOf(oid, format)),
} as pg.CustomTypesConfig

/**
 * The pool. Every statement has a time limit on our side; a connection that ran into it is closed and not given back,
 * so the pool heals by itself after a silent partition (facts/panel-and-security.md, finding 6).
 */
export class Database implements Queryable {
  readonly #pool: pg.Pool

  private constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Opens a pool; no connection is made before the first statement. */
  static open(url: string, options: DatabaseOptions): Database {
    const queryTimeoutMs = options.queryTimeoutMs ?? 10_000
    const pool = new pg.Pool({
      connectionString: url,
      application_name: options.applicationName,
      max: options.connectionsMax ?? 8,
      query_timeout: queryTimeoutMs,
      statement_timeout: queryTimeoutMs,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 3000,
      idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 10_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      types,
    })
    // An idle connection that drops is replaced by the next statement; without a listener it would end the process.
    pool.on('error', () => {})
    return new Database(pool)
  }

  async query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<QueryOutcome<Row>> {
    return this.#withClient((client) => runQuery<Row>(client, text, values))
  }

  /**
   * Runs `work` in one READ COMMITTED transaction. Deadlocks and serialization failures run it again, so `work` must
   * have no effects of its own. Throws `CommitUnknown` when COMMIT had no answer.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#withClient((client) => runTransaction(client, work))
      } catch (error) {
        if (attempt >= attemptsMax || !isRetryable(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
      }
    }
  }

  /** One round trip; throws `unavailable` when the database does not answer. */
  async ping(): Promise<void> {
    await this.query('select 1')
  }

  /** Closes every connection; may be called twice. */
  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw connectionFailure(error)
    }
    // A checked-out connection that drops emits an error as well as failing its statement.
    const ignore = () => {}
    client.on('error', ignore)
    let broken = false
    try {
      return await work(client)
    } catch (error) {
      broken = error instanceof CommitUnknown || isConnectionTrouble(error)
      throw error instanceof CommitUnknown || !broken ? error : connectionFailure(error)
    } finally {
      client.off('error', ignore)
      client.release(broken)
    }
  }
}

async function runTransaction<T>(client: pg.PoolClient, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx: Tx = { open: true, query: (text, values) => runQuery(client, text, values) }
  await client.query('begin')
  let result: T
  try {
    result = await work(tx)
  } catch (error) {
    if (!isConnectionTrouble(error)) await client.query('rollback')
    throw error
  }
  try {
    const committed = await client.query('commit')
    if (committed.command !== 'COMMIT') throw new Error('the transaction was rolled back: a statement in it had failed')
  } catch (error) {
    throw isConnectionTrouble(error) ? new CommitUnknown(error) : error
  }
  return result
}
