import { randomBytes } from 'node:crypto'
import { openLongSession } from '../../../db/long-session.ts'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { Failure } from '../../../domain/failure.ts'
import { makeKeyring } from '../../../domain/keyring.ts'
import { readExportFolder } from '../../../runtime/export-folder.ts'
import { readJsonDocuments } from '../../../runtime/json-documents.ts'
import { type ImportReport, importDocuments } from '../../../services/import/import-documents.ts'
import type { MisfitRow } from '../../../services/import/misfit.ts'
import { type OldCollection, oldCollections } from '../../../services/import/old-collections.ts'
import { type OldDocument, oldKey, writeExport } from './old-export.ts'

export const owner: Actor = { name: 'cli:test', userId: null, role: 'owner', tenant: null, source: 'cli' }
export const keyring = makeKeyring([randomBytes(32)])

export interface RunImport {
  readonly oldKeys?: readonly Buffer[]
  readonly rounds?: boolean
  readonly dryRun?: boolean
  readonly actor?: Actor
  /** Runs before the commit; what it throws undoes everything. */
  readonly before?: (tx: Tx) => Promise<void>
}

/** Writes the collections into files and imports them, committed unless it is a rehearsal or fails. */
export async function importOld(
  url: string,
  collections: Readonly<Record<string, readonly OldDocument[] | string>>,
  options: RunImport = {},
): Promise<ImportReport> {
  const { folder, remove } = writeExport(collections)
  const signal = new AbortController().signal
  const session = await openLongSession(url, 'botfleet test import', signal)
  try {
    const { files } = readExportFolder<OldCollection>(folder, oldCollections)
    await session.tx.query('begin')
    await options.before?.(session.tx)
    const report = await importDocuments(session.tx, options.actor ?? owner, {
      files: new Map(
        [...files].map(([collection, { name, path }]) => [
          collection,
          { name, documents: () => readJsonDocuments(path, signal) },
        ]),
      ),
      keyring,
      oldKeys: options.oldKeys ?? [oldKey],
      server: 'server1',
      twoPeopleAbove: 500_000_000n,
      rounds: options.rounds ?? false,
    })
    await session.tx.query(options.dryRun === true ? 'rollback' : 'commit')
    return report
  } finally {
    await session.end()
    remove()
  }
}

/** The rows that do not fit, as `file:line: why`; throws when the import succeeds or fails otherwise. */
export async function misfitsOf(work: Promise<unknown>): Promise<string[]> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'conflict') throw error
    const { rows } = error.details as { rows?: readonly MisfitRow[] }
    if (rows === undefined) throw error
    return rows.map(({ file, line, why }) => `${file}:${line}: ${why}`)
  }
  throw new Error('the import was not refused')
}
