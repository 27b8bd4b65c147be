import type { Database } from '../db/database.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { Settings } from '../domain/settings.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'

/** What every part of the orchestrator shares, built once at the edge (cli/serve.ts) and overridable in tests. */
export interface OrchestratorContext {
  readonly server: string
  readonly settings: Settings
  readonly database: Database
  readonly databaseUrl: string
  readonly log: Log
  readonly metrics: Metrics
  readonly clock: Clock
  /** Asked anew each time: a key rotation by another process adds keys while we run. */
  readonly keyring: () => Keyring
  /** Folder of the workers' log files of this server. */
  readonly logFolder: string
  /** The bundled worker program of a platform. */
  readonly workerBundle: (platform: 'telegram' | 'whatsapp') => string
  /** The gateway's door: opened for a term, closed at its end. */
  readonly door: {
    readonly socketPath: string
    open(serverEpoch: number): Promise<void>
    /** Tells the workers of these instances that something waits to be told by their bots. */
    poke(instanceIds: Iterable<string>): void
    close(): Promise<void>
  }
  /** Where this server's panel listens, shown to others. */
  readonly url: string | null
  readonly version: string
}
