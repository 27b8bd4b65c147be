import { hostname, userInfo } from 'node:os'
import { Database } from '../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../db/embedded-postgres.ts'
import { migrate, migrationStatus, refuseNewerSchema } from '../db/migrate.ts'
import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import type { Cli } from './command.ts'
import { untilInterrupted } from './interruption.ts'

/** What a command that needs the database works with. */
export interface Context {
  readonly config: Config
  readonly database: Database
  readonly actor: Actor
  /** Runs one service operation in a transaction of its own, as this actor. */
  run<Input, Result>(
    operation: (tx: Tx, actor: Actor, input: Input) => Promise<Result>,
    input: Input,
  ): Promise<Result>
  /** The keys of this database; throws when the right one is missing. */
  keyring(): Promise<Keyring>
}

// Connecting and one statement together stay below the 5 seconds in which an unreachable database must be reported.
const connectTimeoutMs = 2500
const queryTimeoutMs = 4000

/**
 * Opens the database for one command and lets go of it afterwards. Without DATABASE_URL that is the embedded
 * Postgres: started when nothing runs, and then stopped again unless somebody else has come to use it.
 */
export async function withContext<T>(cli: Cli, work: (context: Context) => Promise<T>): Promise<T> {
  const config = loadConfig(cli.environment, cli.cwd)
  const place = await openPlace(config, cli)
  const database = Database.open(place.url, {
    applicationName: 'botfleet cli',
    connectionsMax: 2,
    connectTimeoutMs,
    queryTimeoutMs,
  })
  const actor = cliActor()
  try {
    await settleSchema(database, place)
    const context: Context = {
      config,
      database,
      actor,
      run: (operation, input) => database.transaction((tx) => operation(tx, actor, input)),
      keyring: () => readKeyring(config, database),
    }
    return await untilInterrupted(work(context), cli.signal)
  } finally {
    await database.close()
    if (place.startedByUs) await stopEmbeddedPostgresIfUnused(config.home)
  }
}

/** Who a command of this person is in the audit log: whoever may read DATABASE_URL or the home is an owner. */
export function cliActor(): Actor {
  return { name: `cli:${osUser()}@${hostname()}`, userId: null, role: 'owner', tenant: null, source: 'cli' }
}

/** Loads the keys that this database was sealed with; notes the key of a database that had none. */
export async function readKeyring(config: Config, database: Database): Promise<Keyring> {
  const { loadKeyring } = await import('../runtime/keys.ts')
  const { listKeyFingerprints } = await import('../services/list-key-fingerprints.ts')
  const fingerprints = await listKeyFingerprints(database)
  return loadKeyring({ settings: config.settings, keyFolder: config.paths.keys, fingerprints })
}

interface DatabasePlace {
  readonly url: string
  readonly embedded: boolean
  readonly startedByUs: boolean
}

async function openPlace(config: Config, cli: Cli): Promise<DatabasePlace> {
  const url = config.settings.DATABASE_URL
  if (url !== undefined) return { url, embedded: false, startedByUs: false }
  const starting = setTimeout(() => cli.output.note('Starting the embedded Postgres ...'), 1500)
  try {
    return { ...(await ensureEmbeddedPostgres(config.home)), embedded: true }
  } finally {
    clearTimeout(starting)
  }
}

async function settleSchema(database: Database, place: DatabasePlace): Promise<void> {
  const status = await migrationStatus(database)
  refuseNewerSchema(status)
  if (status.pending.length === 0) return
  if (place.embedded) {
    await migrate(place.url)
    return
  }
  throw new Failure(
    'unavailable',
    `the database of DATABASE_URL lacks ${status.pending.length} of this program's migrations: run ./botfleet migrate`,
    { details: { pending: status.pending } },
  )
}

function osUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
