import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { migrationStatus } from '../db/migrate.ts'
import { openSnapshot } from '../db/snapshot.ts'
import { type BackupHeader, backupFormat } from '../domain/backup-format.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { writeBackupFile } from '../runtime/backup-file.ts'
import type { Config } from '../runtime/config.ts'
import { refuseTaken } from '../runtime/whole-file.ts'
import { listKeyFingerprints } from '../services/list-key-fingerprints.ts'
import { recordBackup } from '../services/record-backup.ts'
import { type BackupCount, countRecords, rowsText } from './backup-progress.ts'
import type { Cli } from './command.ts'
import { type BareDatabase, cliActor, readKeyring, withDatabase } from './context.ts'
import { formatBytes } from './format.ts'
import { readVersion } from './version.ts'

/** Writes everything that the database holds into one sealed file, and says what must be kept beside it. */
export async function makeBackup(cli: Cli, file: string, options: { force: boolean }): Promise<void> {
  const path = resolve(cli.cwd, file)
  await refuseTaken(path, options.force)
  const startedMs = performance.now()
  const { header, count, bytes, config } = await withDatabase(cli, async (bare) => {
    const written = await writeSnapshot(cli, bare, { path, overwrite: options.force })
    return { ...written, config: bare.config }
  })
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  const result = { file: path, bytes, seconds, ...count, ...publicHeader(header) }
  cli.output.result(result, () => `${path}: ${rowsText(count.rows)}, ${formatBytes(bytes)}, ${seconds} s`)
  noteKeys(cli, config, header, file)
}

/** What a backup's header says, as documents show it. */
export function publicHeader(header: BackupHeader): Omit<BackupHeader, 'salt'> {
  const { salt: _salt, ...rest } = header
  return rest
}

async function writeSnapshot(
  cli: Cli,
  { database, url, config }: BareDatabase,
  target: { path: string; overwrite: boolean },
): Promise<{ header: BackupHeader; count: BackupCount; bytes: number }> {
  const { applied } = await migrationStatus(database)
  if (applied.length === 0) throw new Failure('conflict', 'the database has no schema yet: nothing to back up')
  const keyring = await readKeyring(config, database)
  await database.transaction((tx) => recordBackup(tx, cliActor(), { keyId: keyring.activeKeyId }))
  const snapshot = await openSnapshot(url, cli.signal)
  try {
    const fingerprints = await listKeyFingerprints(snapshot.tx)
    const header = makeHeader(config, keyring, { ...snapshot, fingerprints })
    const count: BackupCount = { tables: 0, rows: 0 }
    const records = countRecords(cli.output, snapshot.records(), count)
    const bytes = await writeBackupFile({ ...target, header, keyring, records, signal: cli.signal })
    return { header, count, bytes }
  } catch (error) {
    cli.signal.throwIfAborted()
    throw error
  } finally {
    await snapshot.close()
  }
}

function makeHeader(
  { settings }: Config,
  keyring: Keyring,
  snapshot: { takenAt: string; postgres: string; schema: readonly string[]; fingerprints: readonly string[] },
): BackupHeader {
  return {
    format: backupFormat,
    created_at: snapshot.takenAt,
    program: readVersion(),
    server: settings.SERVERNAME,
    host: hostname(),
    postgres: snapshot.postgres,
    schema: [...snapshot.schema],
    key_id: keyring.activeKeyId,
    fingerprints: [...snapshot.fingerprints],
    lease_ttl_seconds: settings.LEASE_TTL_SECONDS,
    salt: randomBytes(32).toString('base64'),
    compression: 'gzip',
  }
}

function noteKeys(cli: Cli, config: Config, header: BackupHeader, file: string): void {
  const needed = [...new Set([header.key_id, ...header.fingerprints])].join(', ')
  const where =
    config.settings.AGENT_TOKEN_AES_KEY === undefined
      ? `the files in ${config.paths.keys}`
      : 'AGENT_TOKEN_AES_KEY and AGENT_TOKEN_AES_KEY_PREVIOUS'
  cli.output.note(`The keys are not in it: ${where}.`)
  cli.output.note(`Keep them apart from it. Without ${needed} it cannot be opened.`)
  cli.output.note(`To read it back: ./botfleet restore --check ${file}`)
}
