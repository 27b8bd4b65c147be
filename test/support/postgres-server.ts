/** Embedded Postgres servers of a test's own, apart from the one that all tests share. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { binariesOfPackage, type PostgresBinaries, placeFor } from '../../db/postgres-place.ts'
import { identityOf, livenessOf, signalProcess } from '../../runtime/process-identity.ts'

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

  /** Ends the server, whoever still uses it, and removes every file of it. */
  async remove(): Promise<void> {
    await this.stopIfUnused()
    const { folder } = await this.place()
    const identity = identityOf((await this.pid()) ?? 0)
    if (identity !== undefined) {
      signalProcess(identity, 'SIGQUIT')
      while (livenessOf(identity) === 'alive') await new Promise((resolve) => setTimeout(resolve, 20))
    }
    rmSync(folder, { recursive: true, force: true })
    rmSync(this.folder, { recursive: true, force: true })
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
