import { basename, resolve } from 'node:path'
import { isConnectionTrouble } from '../db/connection-trouble.ts'
import { CommitUnknown } from '../db/database.ts'
import { longWorkFailure, openLongSession } from '../db/long-session.ts'
import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { parseOldKeys } from '../domain/old-token.ts'
import { type ExportFolder, readExportFolder } from '../runtime/export-folder.ts'
import { readJsonDocuments } from '../runtime/json-documents.ts'
import { loadKeyring } from '../runtime/keys.ts'
import { type ImportReport, importDocuments } from '../services/import/import-documents.ts'
import type { SourceFile } from '../services/import/import-run.ts'
import type { MisfitRow } from '../services/import/misfit.ts'
import { type OldCollection, oldCollections } from '../services/import/old-collections.ts'
import { listKeyFingerprints } from '../services/list-key-fingerprints.ts'
import { registerFirstKey } from '../services/register-first-key.ts'
import type { Cli } from './command.ts'
import { type Context, withContext } from './context.ts'
import { readSmallFile } from './read-secret.ts'
import { renderImport } from './render-import.ts'

export interface ImportMongo {
  readonly dryRun: boolean
  readonly oldKeyFile: string | undefined
  readonly rounds: boolean
}

const sayEveryMs = 1000
/** Rows that do not fit are shown up to here; `--json` has them all. */
const rowsShown = 200

/** Imports a folder of exported collections, all of it or nothing. */
export async function importMongo(cli: Cli, folder: string, options: ImportMongo): Promise<void> {
  const path = resolve(cli.cwd, folder)
  const exported = readExportFolder<OldCollection>(path, oldCollections)
  const oldKeys =
    options.oldKeyFile === undefined
      ? []
      : parseOldKeys(await readSmallFile(options.oldKeyFile, '--old-key-file', cli.signal))
  if (exported.others.length > 0) cli.output.note(`Not taken from ${path}: ${exported.others.join(', ')}`)
  const begunMs = performance.now()
  const report = await withContext(cli, (context) => run(cli, context, { exported, oldKeys, ...options })).catch(
    (error: unknown) => {
      cli.signal.throwIfAborted()
      showRows(cli, error)
      throw error
    },
  )
  const seconds = Math.round((performance.now() - begunMs) / 100) / 10
  const result = { folder: path, dry_run: options.dryRun, seconds, ...report }
  cli.output.result(result, () => renderImport(cli.output, result))
}

interface RunOptions extends ImportMongo {
  readonly exported: ExportFolder<OldCollection>
  readonly oldKeys: readonly Buffer[]
}

async function run(cli: Cli, context: Context, options: RunOptions): Promise<ImportReport> {
  const { settings } = context.config
  const session = await openLongSession(context.url, 'botfleet import', cli.signal)
  const { tx } = session
  try {
    await endWithUs(tx)
    await tx.query('begin')
    const report = await importDocuments(tx, context.actor, {
      files: sourceFiles(options.exported, cli.signal),
      keyring: await keyringWithin(tx, context),
      oldKeys: options.oldKeys,
      server: settings.SERVERNAME,
      twoPeopleAbove: settings.WITHDRAWAL_TWO_PEOPLE_ABOVE,
      rounds: options.rounds,
      onProgress: progress(cli),
    })
    if (options.dryRun) await tx.query('rollback')
    else await commit(tx)
    return report
  } catch (error) {
    throw longWorkFailure(error)
  } finally {
    await session.end()
  }
}

/** A statement of ours does not run on, with its locks, when we are gone. Not every system can see that. */
async function endWithUs(tx: Tx): Promise<void> {
  await tx.query(`select set_config('client_connection_check_interval', '2000', false)`).catch(() => {})
}

function sourceFiles(exported: ExportFolder<OldCollection>, signal: AbortSignal): Map<OldCollection, SourceFile> {
  return new Map(
    [...exported.files].map(([collection, { path }]) => [
      collection,
      { name: basename(path), documents: () => readJsonDocuments(path, signal) },
    ]),
  )
}

/** The keys of this database. A first one is registered by the import itself, so that a rehearsal leaves nothing. */
async function keyringWithin(tx: Tx, { config }: Context): Promise<Keyring> {
  const load = (fingerprints: readonly string[]) =>
    loadKeyring({ settings: config.settings, keyFolder: config.paths.keys, fingerprints })
  const fingerprints = await listKeyFingerprints(tx)
  const keyring = load(fingerprints)
  return fingerprints.length > 0 ? keyring : load(await registerFirstKey(tx, { keyId: keyring.activeKeyId }))
}

async function commit(tx: Tx): Promise<void> {
  try {
    await tx.query('commit')
  } catch (error) {
    throw isConnectionTrouble(error) ? new CommitUnknown(error) : error
  }
}

function progress(cli: Cli): (progress: { step: string; rows: number }) => void {
  let saidAtMs = performance.now()
  return ({ step, rows }) => {
    cli.signal.throwIfAborted()
    if (performance.now() - saidAtMs < sayEveryMs) return
    saidAtMs = performance.now()
    cli.output.note(rows === 0 ? `  ${step}` : `  ${step}: ${rows} documents`)
  }
}

/** Names what does not fit, line by line, before the sentence that nothing was changed. */
function showRows(cli: Cli, error: unknown): void {
  if (!(error instanceof Failure)) return
  const { rows, misfits } = error.details as { rows?: readonly MisfitRow[]; misfits?: number }
  if (rows === undefined || misfits === undefined) return
  for (const { file, line, why } of rows.slice(0, rowsShown)) {
    cli.output.note(line > 0 ? `${file}:${line}: ${why}` : `${file}: ${why}`)
  }
  if (misfits > rowsShown) cli.output.note(`... and ${misfits - rowsShown} more; --json lists up to ${rows.length}`)
}
