import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { loadSnapshot, refuseForeignSchema } from '../db/load-snapshot.ts'
import { placeFor } from '../db/postgres-place.ts'
import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import { type BackupFile, openBackupFile } from '../runtime/backup-file.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { readOccupancy } from '../services/read-occupancy.ts'
import { type SettledFleet, settleRestoredFleet } from '../services/settle-restored-fleet.ts'
import { publicHeader } from './backup.ts'
import { countRecords, rowsText } from './backup-progress.ts'
import { keyringOf } from './check-backup.ts'
import type { Cli } from './command.ts'
import { cliActor, withDatabase } from './context.ts'
import { formatBytes } from './format.ts'
import { askConfirmation } from './prompt.ts'

const askEveryMs = 1000

/**
 * Fills an empty database from a backup. All of it becomes visible at once, at the end; before that a lease's time has
 * passed, so that no worker of the fleet that was can still be running when the first server of the new one starts.
 */
export async function restoreBackup(cli: Cli, file: string, options: { yes: boolean }): Promise<void> {
  const backup = await openBackupFile(resolve(cli.cwd, file))
  const { header, path } = backup
  refuseForeignSchema(header.schema)
  const config = loadConfig(cli.environment, cli.cwd)
  const keyring = keyringOf(config, header, path)
  if (!options.yes) await confirm(cli, config, backup)
  const begunMs = performance.now()
  const ttlMs = Math.max(config.settings.LEASE_TTL_SECONDS, header.lease_ttl_seconds) * 1000
  let settled: SettledFleet = { stopped: 0, sessionsRevoked: 0, leaseTtlMs: 0 }
  const loaded = await withDatabase(cli, ({ url }) =>
    backup.read(keyring, cli.signal, (records) =>
      loadSnapshot({
        url,
        signal: cli.signal,
        schema: header.schema,
        records: countRecords(cli.output, records, { tables: 0, rows: 0 }),
        inspect: (tx, tables) => refuseOccupied(config, tx, tables),
        settle: async (tx) => {
          settled = await settleRestoredFleet(tx, cliActor(), { takenAt: header.created_at, server: header.server })
          await waitForLease(cli, tx, begunMs + Math.max(ttlMs, settled.leaseTtlMs))
        },
      }),
    ),
  ).catch((error: unknown) => {
    cli.signal.throwIfAborted()
    throw error
  })
  const seconds = Math.round((performance.now() - begunMs) / 100) / 10
  const { stopped, sessionsRevoked } = settled
  const result = { file: path, seconds, ...loaded, stopped, sessions_revoked: sessionsRevoked, ...publicHeader(header) }
  cli.output.result(result, () => `Restored ${rowsText(loaded.rows)} in ${loaded.tables} tables from ${path}.`)
  cli.output.note(`Bots that are meant to run start with their servers: ./botfleet serve`)
}

async function confirm(cli: Cli, config: Config, { header, path, bytes }: BackupFile): Promise<void> {
  if (!cli.output.interactive) {
    throw new Failure('usage', 'every server of the fleet must be stopped for a restore: see to it, and give --yes')
  }
  const target = config.settings.DATABASE_URL === undefined ? 'the embedded database' : 'the database of DATABASE_URL'
  cli.output.note(`${path}: ${formatBytes(bytes)}, made ${header.created_at} on ${header.server} (${header.host})`)
  const question = `Fill ${target} from it? Every server of that fleet must be stopped.`
  if (!(await askConfirmation(cli.output, question))) throw new Failure('usage', 'nothing was restored')
}

async function refuseOccupied(config: Config, tx: Tx, tables: readonly string[]): Promise<void> {
  const occupancy = await readOccupancy(tx, { tables })
  if (occupancy.kind === 'empty') return
  if (occupancy.kind === 'live') {
    const { servers } = occupancy
    throw new Failure(
      'conflict',
      `${servers.join(', ')} still run${servers.length === 1 ? 's' : ''} on this database: stop every server, and restore into an empty database; nothing was changed`,
      { details: { servers } },
    )
  }
  throw new Failure(
    'conflict',
    `the database is not empty (${occupancy.tables.join(', ')}): ${await wayToEmpty(config)}; nothing was changed`,
    { details: { tables: occupancy.tables } },
  )
}

async function wayToEmpty(config: Config): Promise<string> {
  if (config.settings.DATABASE_URL !== undefined) {
    return 'make a new database, and put that one into DATABASE_URL'
  }
  const { data } = await placeFor(config.home)
  return `when no botfleet of this home runs any more, move it away with 'mv ${data} ${data}.old'`
}

/** The transaction stays open meanwhile: no server finds anything to run before the time has passed. */
async function waitForLease(cli: Cli, tx: Tx, untilMs: number): Promise<void> {
  const leftMs = untilMs - performance.now()
  if (leftMs <= 0) return
  cli.output.note(`Waiting ${Math.ceil(leftMs / 1000)} s: so long may a worker of the old fleet run on.`)
  while (performance.now() < untilMs) {
    await delay(Math.min(askEveryMs, Math.max(1, untilMs - performance.now())), undefined, { signal: cli.signal })
    await tx.query('select 1')
  }
}
