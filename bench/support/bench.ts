/**
 * What all runs share: one embedded Postgres in a temporary home, a template database that a real `serve` has set up,
 * and the order in which everything is ended again.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { Child } from './child.ts'
import { endByPid, writersBelow } from './processes.ts'

export const root = join(import.meta.dirname, '..', '..')
const templateDatabase = 'bench_template'

export type Environment = Readonly<Record<string, string>>

export class Bench {
  readonly signal: AbortSignal
  readonly postgresVersion: string
  /** The file that Postgres logs to. */
  readonly postgresLog: string
  readonly admin: Database
  readonly #home: string
  readonly #postgres: { readonly url: string; readonly folder: string }
  readonly #key = randomBytes(32)
  #databases = 0

  private constructor(
    signal: AbortSignal,
    parts: { home: string; postgres: { url: string; folder: string }; admin: Database; version: string },
  ) {
    this.signal = signal
    this.#home = parts.home
    this.#postgres = parts.postgres
    this.admin = parts.admin
    this.postgresVersion = parts.version
    this.postgresLog = join(parts.postgres.folder, 'postgres.log')
  }

  static async start(signal: AbortSignal): Promise<Bench> {
    const home = mkdtempSync(join(tmpdir(), 'botfleet-bench-'))
    const postgres = await ensureEmbeddedPostgres(home)
    const admin = Database.open(postgres.url, { applicationName: 'bench', queryTimeoutMs: 60_000 })
    const shown = await admin.query<{ server_version: string }>('show server_version')
    const version = shown.rows[0]?.server_version ?? 'unknown'
    const bench = new Bench(signal, { home, postgres, admin, version })
    try {
      await bench.#makeTemplate()
      return bench
    } catch (error) {
      await bench.stop()
      throw error
    }
  }

  /** The key that seals the tokens, for `AGENT_TOKEN_AES_KEY` and for the bench's own keyring. */
  get key(): Buffer {
    return this.#key
  }

  /** Makes a database as a first `serve` leaves it, with its first owner and no bot. */
  async makeDatabase(): Promise<{ url: string; name: string; drop: () => Promise<void> }> {
    const name = `bench_${(this.#databases += 1)}`
    await this.admin.query(`create database ${name} template ${templateDatabase}`)
    const drop = async () => void (await this.admin.query(`drop database if exists ${name} with (force)`))
    return { url: this.#urlOf(name), name, drop }
  }

  makeFolder(): string {
    return mkdtempSync(join(tmpdir(), 'botfleet-bench-run-'))
  }

  /** Starts `./botfleet serve` and waits until it says that it runs. */
  async serve(environment: Environment, cwd: string): Promise<Child> {
    const child = this.spawnServe(environment, cwd)
    await child.line(/is running/)
    return child
  }

  /** Starts `./botfleet serve` without waiting for anything. */
  spawnServe(environment: Environment, cwd: string): Child {
    return new Child({ command: join(root, 'botfleet'), args: ['serve'], environment, cwd, signal: this.signal })
  }

  /** What every `serve` of the bench gets; the rest are the program's own defaults, since those are what is measured. */
  environmentFor(databaseUrl: string, home: string): Environment {
    return {
      DATABASE_URL: databaseUrl,
      BOTFLEET_HOME: home,
      AGENT_TOKEN_AES_KEY: this.#key.toString('base64'),
      ADMIN_PASSWORD: 'owner-password-of-the-bench',
      PORT: '0',
      LOG_LEVEL: 'info',
    }
  }

  /** Ends Postgres and removes every file; may be called twice. */
  async stop(): Promise<void> {
    await this.admin.close()
    await stopEmbeddedPostgresIfUnused(this.#home)
    rmSync(this.#home, { recursive: true, force: true })
    rmSync(this.#postgres.folder, { recursive: true, force: true })
  }

  async #makeTemplate(): Promise<void> {
    await this.admin.query(`create database ${templateDatabase}`)
    const folder = this.makeFolder()
    const server = await this.serve(this.environmentFor(this.#urlOf(templateDatabase), folder), folder)
    await server.stop()
    await removeHome(folder)
  }

  #urlOf(database: string): string {
    const url = new URL(this.#postgres.url)
    url.pathname = `/${database}`
    return url.href
  }
}

/** Ends whatever still writes its log into the home, and removes the home. */
export async function removeHome(home: string): Promise<void> {
  await endWriters(home)
  rmSync(home, { recursive: true, force: true })
}

/** Ends every process whose output goes into a file below the folder. */
export async function endWriters(folder: string): Promise<void> {
  await Promise.all(writersBelow(folder).map(endByPid))
}
