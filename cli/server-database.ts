/** The database of a server: found or started, migrated, kept alive while it is ours, left in order. */
import { Database, type DatabaseOptions } from '../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../db/embedded-postgres.ts'
import { migrate } from '../db/migrate.ts'
import type { Config } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'

const watchEveryMs = 5000

export interface ServerDatabase {
  readonly url: string
  readonly database: Database
  /** Closes every connection, and stops the embedded Postgres when nobody else uses it. */
  close(): Promise<void>
}

/**
 * How a server talks to its database: no statement and no stalled transaction may last as long as its lease, so that
 * neither can hold up a take-over (design section 5, point 5).
 */
export function serverDatabaseOptions(settings: { SERVERNAME: string; LEASE_TTL_SECONDS: number }): DatabaseOptions {
  const limitMs = Math.min(10_000, settings.LEASE_TTL_SECONDS * 500)
  return {
    applicationName: `botfleet serve ${settings.SERVERNAME}`,
    connectionsMax: 10,
    queryTimeoutMs: limitMs,
    idleInTransactionMs: limitMs,
  }
}

/** Opens the database of a server and brings its schema up to date; several servers may do so at once. */
export async function openServerDatabase(config: Config, log: Log): Promise<ServerDatabase> {
  const { settings } = config
  const embedded = settings.DATABASE_URL === undefined
  const url = settings.DATABASE_URL ?? (await ensureEmbeddedPostgres(config.home)).url
  const applied = await migrate(url)
  if (applied.length > 0) log.info({ applied }, 'schema migrated')
  const database = Database.open(url, serverDatabaseOptions(settings))
  const stopWatching = embedded ? watchEmbedded(config, database, log) : async () => {}
  return {
    url,
    database,
    close: async () => {
      await stopWatching()
      await database.close()
      if (embedded) await stopEmbeddedPostgresIfUnused(config.home)
    },
  }
}

/** Nobody else restarts an embedded Postgres that died: we look, and start it again on its old port. */
function watchEmbedded(config: Config, database: Database, log: Log): () => Promise<void> {
  let looking: Promise<void> = Promise.resolve()
  const look = async () => {
    try {
      await database.ping()
    } catch {
      const { startedByUs } = await ensureEmbeddedPostgres(config.home)
      if (startedByUs) log.warn('the embedded Postgres was gone and has been started again')
    }
  }
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => log.error({ error }, 'the embedded Postgres does not start'))
  }, watchEveryMs)
  return async () => {
    clearInterval(timer)
    await looking
  }
}
