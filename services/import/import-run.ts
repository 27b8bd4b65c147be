import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { FileDocument } from '../../domain/extended-json.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { Misfits } from './misfit.ts'
import type { Notes } from './notes.ts'
import type { OldCollection } from './old-collections.ts'
import type { Reading } from './row.ts'
import type { SourceSums } from './source-sums.ts'

/** A collection's file. Its documents are read from the beginning each time. */
export interface SourceFile {
  readonly name: string
  documents(): AsyncIterable<FileDocument>
}

/** What the steps of one import share. */
export interface ImportRun {
  readonly tx: Tx
  readonly actor: Actor
  readonly keyring: Keyring
  /** The server that the agents' bots are assigned to. */
  readonly server: string
  /** Above this a withdrawal needs two people. */
  readonly twoPeopleAbove: bigint
  readonly oldKeys: readonly Buffer[]
  readonly files: ReadonlyMap<OldCollection, SourceFile>
  readonly reading: Reading
  readonly misfits: Misfits
  readonly notes: Notes
  readonly sums: SourceSums
  readonly onProgress: (progress: { readonly step: string; readonly rows: number }) => void
}

/** Where a document stands, for people: `users.json:12`. */
export function placeOf(run: ImportRun, collection: OldCollection, line: number): string {
  return `${run.files.get(collection)?.name ?? collection}:${line}`
}

/** Notes what a statement found about staged documents of a collection. */
export function noteLines(
  run: ImportRun,
  collection: OldCollection,
  found: { readonly about: string; readonly message: string; readonly lines: readonly number[] },
): void {
  if (found.lines.length === 0) return
  const places = found.lines.slice(0, 5).map((line) => placeOf(run, collection, line))
  run.notes.add(found.about, found.message, places, found.lines.length)
}

/** Runs a statement that finds documents which do not fit: their `line`, and `why`. */
export async function refuseWhere(
  run: ImportRun,
  collection: OldCollection,
  statement: string,
  values: readonly unknown[] = [],
): Promise<void> {
  const { rows } = await run.tx.query<{ line: number; why: string }>(statement, values)
  for (const { line, why } of rows) {
    run.misfits.add({ file: run.files.get(collection)?.name ?? collection, line, why })
  }
}
