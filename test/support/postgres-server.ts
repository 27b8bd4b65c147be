/** Embedded Postgres servers of a test's own, apart from the one that all tests share. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Database } from '../../db/database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { migrate } from '../../db/migrate.ts'
import { binariesOfPackage, type PostgresBinaries, placeFor } from '../../db/postgres-place.ts'
import { startPostmaster, stopPostmaster } from '../../db/postmaster.ts'
import { identityOf, livenessOf, signalProcess } from '../../runtime/process-identity.ts'
import type { TestDatabase } from './database.ts'

export class PostgresHome {
  /** A private folder of the test; root alone may enter it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'botfleet-postgres-'))
  readonly home = join(this.folder, 'home')
  readonly #binariesOf: (() => Promise<PostgresBinaries>) | undefined

  constructor(binariesOf?: () => Promise<PostgresBinaries>) {
    this.#binariesOf = binariesOf
  }

  ensure() {
    return ensureEmbeddedPostgres(this.home, this.#binariesOf)
  }

  stopIfUnused() {
    return stopEmbeddedPostgresIfUnused(this.home, this.#binariesOf)
  }

  place() {
    return placeFor(this.home, this.#binariesOf)
  }

  /** The postmaster's pid; undefined when its pid file is gone. */
  async pid(): Promise<number | undefined> {
    const file = join((await this.place()).data, 'postmaster.pid')
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined
  }

  /** Whether the postmaster runs. */
  async runs(): Promise<boolean> {
    const identity = identityOf((await this.pid()) ?? 0)
    return identity !== undefined && livenessOf(identity) === 'alive'
  }

  /** A migrated database on it, which goes with the server. */
  async database(): Promise<TestDatabase> {
    const server = await this.ensure()
    const url = new URL(server.url)
    url.pathname = `test_${randomBytes(6).toString('hex')}`
    const admin = Database.open(server.url, { applicationName: 'test' })
    await admin.query(`create database ${url.pathname.slice(1)}`)
    await admin.close()
    await migrate(url.href)
    const database = Database.open(url.href, { applicationName: 'botfleet test' })
    return { url: url.href, database, drop: () => database.close() }
  }

  /** Stops the server in order, or at once as if its host had lost power, and starts it again on the same port. */
  async restart(how: 'fast' | 'immediate'): Promise<void> {
    const place = await this.place()
    if (how === 'fast') await stopPostmaster(place)
    else await this.#quit()
    await startPostmaster(place)
  }

  /** Ends the server, whoever still uses it, and removes every file of it. */
  async remove(): Promise<void> {
    await this.stopIfUnused()
    const { folder } = await this.place()
    await this.#quit()
    rmSync(folder, { recursive: true, force: true })
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** An immediate stop: whoever is connected is cut off, and the next start recovers from the log. */
  async #quit(): Promise<void> {
    const identity = identityOf((await this.pid()) ?? 0)
    if (identity === undefined) return
    signalProcess(identity, 'SIGQUIT')
    while (livenessOf(identity) === 'alive') await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The binaries of Postgres 15; undefined where the package is not for this platform. */
export async function findPostgres15(): Promise<PostgresBinaries | undefined> {
  try {
    return await binariesOfPackage(createRequire(import.meta.url).resolve('postgres-15'))
  } catch {
    return undefined
  }
}

/** The folder of a package's binaries and libraries. */
export function nativeFolder(binaries: PostgresBinaries): string {
  return dirname(dirname(binaries.initdb))
}
