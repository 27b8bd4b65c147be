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
  /** Of that database, for a connection of one's own. */
  readonly url: string
  readonly actor: Actor
  /** Runs one service operation in a transaction of its own, as this actor. */
  run<Input, Result>(
    operation: (tx: Tx, actor: Actor, input: Input) => Promise<Result>,
    input: NoInfer<Input>,
  ): Promise<Result>
  /** The keys of this database; throws when the right one is missing. */
  keyring(): Promise<Keyring>
}

// Connecting and one statement together stay below the 5 seconds in which an unreachable database must be reported.
const connectTimeoutMs = 2500
const queryTimeoutMs = 4000

export interface DatabaseLimits {
  /** For a command that reads everything; others answer within seconds, also when the database does not. */
  readonly queryTimeoutMs?: number
}

/** Opens the database for one command, with a current schema, and lets go of it afterwards. */
export async function withContext<T>(
  cli: Cli,
  work: (context: Context) => Promise<T>,
  limits: DatabaseLimits = {},
): Promise<T> {
  const withBare = async ({ database, url, config }: BareDatabase) => {
    await settleSchema(database, url, config)
    const actor = cliActor()
    const context: Context = {
      config,
      database,
      url,
      actor,
      run: (operation, input) => database.transaction((tx) => operation(tx, actor, input)),
      keyring: () => readKeyring(config, database),
    }
    return untilInterrupted(work(context), cli.signal)
  }
  return withDatabase(cli, withBare, limits)
}

/** A database whose schema nobody has looked at yet. */
export interface BareDatabase {
  readonly database: Database
  readonly url: string
  readonly config: Config
  /** The embedded Postgres did not run before this command. */
  readonly startedByUs: boolean
}

/**
 * Opens the database. Without DATABASE_URL that is the embedded Postgres: started when nothing runs, and stopped again
 * afterwards unless somebody else has come to use it.
 */
export async function withDatabase<T>(
  cli: Cli,
  work: (bare: BareDatabase) => Promise<T>,
  limits: DatabaseLimits = {},
): Promise<T> {
  const config = loadConfig(cli.environment, cli.cwd)
  const given = config.settings.DATABASE_URL
  const bare =
    given === undefined
      ? await openEmbedded(cli, config, limits)
      : { database: openDatabase(given, limits), url: given, config, startedByUs: false }
  try {
    return await work(bare)
  } finally {
    await bare.database.close()
    if (bare.startedByUs) await stopEmbeddedPostgresIfUnused(config.home)
  }
}

/** Holds a connection from here on; another command that just stopped it as unused is no reason to fail. */
async function openEmbedded(cli: Cli, config: Config, limits: DatabaseLimits): Promise<BareDatabase> {
  const starting = setTimeout(() => cli.output.note('Starting the embedded Postgres ...'), 1500)
  try {
    for (let attempt = 1; ; attempt += 1) {
      const { url, startedByUs } = await ensureEmbeddedPostgres(config.home)
      const database = openDatabase(url, limits)
      try {
        await database.ping()
        return { database, url, config, startedByUs }
      } catch (error) {
        await database.close()
        if (attempt === 3) throw error
      }
    }
  } finally {
    clearTimeout(starting)
  }
}

function openDatabase(url: string, limits: DatabaseLimits): Database {
  const timeouts = { connectTimeoutMs, queryTimeoutMs, ...limits }
  return Database.open(url, { applicationName: 'botfleet cli', connectionsMax: 2, ...timeouts })
}

/** Who a command of this person is in the audit log: whoever may read DATABASE_URL or the home is an owner. */
export function cliActor(): Actor {
  return { name: `cli:${osUser()}@${hostname()}`, userId: null, role: 'owner', tenant: null, source: 'cli' }
}

/** An embedded database is brought up to date by whoever comes first; somebody else's only by an explicit migrate. */
async function settleSchema(database: Database, url: string, config: Config): Promise<void> {
  const status = await migrationStatus(database)
  refuseNewerSchema(status)
  if (status.pending.length === 0) return
  if (config.settings.DATABASE_URL === undefined) {
    await migrate(url)
    return
  }
  throw new Failure(
    'unavailable',
    `the database of DATABASE_URL lacks ${status.pending.length} of this program's migrations: run ./botfleet migrate`,
    { details: { pending: status.pending } },
  )
}

/** Loads the keys; the first command of a fresh database settles which key it is sealed with. */
export async function readKeyring(config: Config, database: Database): Promise<Keyring> {
  const { loadKeyring } = await import('../runtime/keys.ts')
  const { listKeyFingerprints } = await import('../services/list-key-fingerprints.ts')
  const load = (fingerprints: readonly string[]) =>
    loadKeyring({ settings: config.settings, keyFolder: config.paths.keys, fingerprints })
  const fingerprints = await listKeyFingerprints(database)
  const keyring = load(fingerprints)
  if (fingerprints.length > 0) return keyring
  const { registerFirstKey } = await import('../services/register-first-key.ts')
  return load(await database.transaction((tx) => registerFirstKey(tx, { keyId: keyring.activeKeyId })))
}

function osUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
