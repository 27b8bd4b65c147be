import pg from 'pg'
import { Failure } from '../domain/failure.ts'
import {
  connectionFailure,
  isConnectionTrouble,
  isRetryable,
  isSilence,
  isTooSlow,
  slowFailure,
} from './connection-trouble.ts'
import { runQuery } from './run-query.ts'
import { Sockets } from './sockets.ts'
import type { Prepared, Queryable, QueryOutcome, Tx } from './transaction.ts'

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

/** How a transaction begins, in the round trip of its BEGIN: as another role, and with settings of its own. */
export interface Opening {
  readonly role: string
  readonly settings: Readonly<Record<string, string>>
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

/** Its typings want an enum where any type id may come. */
const parserOf = pg.types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown
/** How columns become values: as pg does, but for int8. */
export const resultTypes = {
  getTypeParser: (oid: number, format?: string) => (oid === int8Oid ? parseInt8 : parserOf(oid, format)),
} as pg.CustomTypesConfig

/** How long a connection that says goodbye may take to hang up. */
const goodbyeMs = 500

/** A pool together with the sockets under it. */
interface Pool {
  readonly pool: pg.Pool
  readonly sockets: Sockets
}

/**
 * The pool. Every statement has a time limit on our side; a connection that ran into it is closed and not given back.
 * Because the other connections took the same road, the whole pool is replaced then, so the first statement after a
 * silent partition already finds a fresh connection (facts/panel-and-security.md, finding 6).
 */
export class Database implements Queryable {
  readonly #config: pg.PoolConfig
  readonly #queryTimeoutMs: number
  #current: Pool
  readonly #retired = new Set<Sockets>()
  #closing: Promise<void> | undefined

  private constructor(config: pg.PoolConfig, queryTimeoutMs: number) {
    this.#config = config
    this.#queryTimeoutMs = queryTimeoutMs
    this.#current = openPool(config)
  }

  /** Opens a pool; no connection is made before the first statement. */
  static open(url: string, options: DatabaseOptions): Database {
    const queryTimeoutMs = options.queryTimeoutMs ?? 10_000
    const config = {
      connectionString: url,
      application_name: options.applicationName,
      max: options.connectionsMax ?? 8,
      query_timeout: queryTimeoutMs,
      // Less than our own limit: a slow statement is ended by the server, and only silence runs into ours.
      statement_timeout: Math.ceil(queryTimeoutMs * 0.9),
      connectionTimeoutMillis: options.connectTimeoutMs ?? 3000,
      idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 10_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      types: resultTypes,
    }
    return new Database(config, queryTimeoutMs)
  }

  async query<Row = Record<string, unknown>>(
    statement: string | Prepared,
    values?: readonly unknown[],
  ): Promise<QueryOutcome<Row>> {
    return this.#withClient((client) => runQuery<Row>(client, statement, values))
  }

  /**
   * Runs `work` in one READ COMMITTED transaction. Deadlocks and serialization failures run it again, so `work` must
   * have no effects of its own. Throws `CommitUnknown` when COMMIT had no answer.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>, opening?: Opening): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#withClient((client) => runTransaction(client, work, opening))
      } catch (error) {
        if (attempt >= attemptsMax || !isRetryable(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
      }
    }
  }

  /** How much work waits for a connection. */
  get waiting(): number {
    return this.#current.pool.waitingCount
  }

  /** One round trip; throws `unavailable` when the database does not answer. */
  async ping(): Promise<void> {
    await this.query('select 1')
  }

  /** Closes every connection once its work is done; complete, may be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#current.pool.end().then(async () => {
      await Promise.all([this.#current.sockets, ...this.#retired].map((sockets) => sockets.end(goodbyeMs)))
    })
    return this.#closing
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const used = this.#current
    let client: pg.PoolClient
    try {
      client = await used.pool.connect()
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
      broken = error instanceof CommitUnknown || error instanceof RollbackFailed || isConnectionTrouble(error)
      if (isSilence(error)) this.#replace(used)
      if (error instanceof RollbackFailed) throw error.reason
      if (isTooSlow(error)) throw slowFailure(error)
      throw error instanceof CommitUnknown || !broken ? error : connectionFailure(error)
    } finally {
      client.off('error', ignore)
      client.release(broken)
    }
  }

  /** Work under way on the old pool ends on it; its sockets are destroyed when that had its time. */
  #replace(used: Pool): void {
    if (used !== this.#current || this.#closing !== undefined) return
    this.#current = openPool(this.#config)
    this.#retired.add(used.sockets)
    void used.pool.end()
    void used.sockets.end(this.#queryTimeoutMs + goodbyeMs).then(() => this.#retired.delete(used.sockets))
  }
}

function openPool(config: pg.PoolConfig): Pool {
  const sockets = new Sockets()
  const pool = new pg.Pool({ ...config, stream: sockets.create })
  // An idle connection that drops is replaced by the next statement; without a listener it would end the process.
  pool.on('error', () => {})
  return { pool, sockets }
}

/** The transaction failed for `reason`, and then its rollback had no answer: the connection is of no use. */
class RollbackFailed extends Error {
  readonly reason: unknown
  constructor(reason: unknown, cause: unknown) {
    super('the rollback had no answer', { cause })
    this.reason = reason
  }
}

async function runTransaction<T>(
  client: pg.PoolClient,
  work: (tx: Tx) => Promise<T>,
  opening: Opening | undefined,
): Promise<T> {
  const tx: Tx = { open: true, query: (statement, values) => runQuery(client, statement, values) }
  let result: T
  try {
    await client.query(beginWith(opening))
    result = await work(tx)
  } catch (error) {
    if (isConnectionTrouble(error)) throw error
    // A connection that is gone takes its transaction with it: what `work` said stays the answer.
    await client.query('rollback').catch((cause: unknown) => {
      throw new RollbackFailed(error, cause)
    })
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

function beginWith(opening: Opening | undefined): string {
  if (opening === undefined) return 'begin'
  const settings = Object.entries(opening.settings).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  )
  return `begin; set local role ${pg.escapeIdentifier(opening.role)}; select ${settings.join(', ')}`
}
