import { createHash } from 'node:crypto'
import { type FileDocument, NotADocument, parseExtendedJson } from '../../domain/extended-json.ts'
import type { Column, Decoded } from './decode/decoded.ts'
import type { ImportRun } from './import-run.ts'
import { Misfit } from './misfit.ts'
import type { OldCollection } from './old-collections.ts'
import { Row } from './row.ts'
import { noteSeen, type StagedDocument, stage } from './stage.ts'

/** How the documents of one collection are read. */
export interface CollectionReader {
  /** Asked before a batch is decoded. */
  readonly prepare?: (rows: readonly Row[]) => Promise<void>
  /** Throws `Misfit`. */
  readonly decode: (row: Row, line: number) => Decoded
  /** More columns, for documents that are new or have changed. */
  readonly complete?: (decoded: Decoded) => Readonly<Record<string, Column>>
}

interface ReadDocument {
  readonly line: number
  readonly row: Row
}

interface DecodedDocument {
  readonly line: number
  readonly decoded: Decoded
  readonly digest: Buffer
}

const batchSize = 1000

/** Reads a collection's file into its staging table and adds it up; what does not fit is noted, and reading goes on. */
export async function readCollection(
  run: ImportRun,
  collection: OldCollection,
  reader: CollectionReader,
): Promise<void> {
  const file = run.files.get(collection)
  if (file === undefined) return
  let count = 0
  let batch: ReadDocument[] = []
  const flush = async () => {
    count += batch.length
    await take(run, collection, reader, batch)
    run.onProgress({ step: collection, rows: count })
    batch = []
  }
  for await (const document of file.documents()) {
    const read = parse(run, collection, document)
    if (read !== null) batch.push(read)
    if (batch.length === batchSize) await flush()
  }
  if (batch.length > 0) await flush()
}

/** Parses a document; null, and noted, when it is none. */
function parse(run: ImportRun, collection: OldCollection, document: FileDocument): ReadDocument | null {
  const { line } = document
  return fitting(run, collection, line, () => {
    if ('trouble' in document) throw new Misfit(document.trouble)
    return { line, row: new Row(parseExtendedJson(document.text), run.reading) }
  })
}

function fitting<T>(run: ImportRun, collection: OldCollection, line: number, work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Misfit || error instanceof NotADocument)) throw error
    run.misfits.add({ file: run.files.get(collection)?.name ?? collection, line, why: error.message })
    return null
  }
}

async function take(
  run: ImportRun,
  collection: OldCollection,
  reader: CollectionReader,
  batch: readonly ReadDocument[],
): Promise<void> {
  await reader.prepare?.(batch.map(({ row }) => row))
  const documents = batch.flatMap(({ line, row }): DecodedDocument[] => {
    const decoded = fitting(run, collection, line, () => reader.decode(row, line))
    return decoded === null ? [] : [{ line, decoded, digest: digestOf(decoded) }]
  })
  await noteSeen(
    run.tx,
    collection,
    documents.map(({ line, decoded }) => ({ line, key: decoded.key })),
  )
  const known = await findKnown(run, collection, documents)
  const staged: StagedDocument[] = []
  for (const document of documents) {
    const { decoded, digest, line } = document
    const before = known.get(decoded.key) ?? null
    const isSame = before?.digest.equals(digest) === true
    // What was read of the same document before holds: other documents may have had their part in it.
    const { state, amount } = isSame ? before : decoded
    run.sums.add({ collection, tenant: decoded.tenant, state, amount })
    if (!isSame) staged.push({ line, digest, decoded, known: before, extra: reader.complete?.(decoded) ?? {} })
  }
  if (staged.length > 0) await stage(run.tx, collection, staged)
}

interface KnownDocument {
  readonly digest: Buffer
  readonly state: string
  readonly entered: string
  readonly amount: bigint
}

async function findKnown(
  run: ImportRun,
  collection: OldCollection,
  documents: readonly DecodedDocument[],
): Promise<Map<string, KnownDocument>> {
  const { rows } = await run.tx.query<{ key: string; digest: Buffer; state: string; entered: string; amount: string }>(
    `select key, digest, state, entered_state as entered, amount::text from imported_document
     where collection = $1 and key = any($2)`,
    [collection, documents.map(({ decoded }) => decoded.key)],
  )
  return new Map(rows.map((row) => [row.key, { ...row, amount: BigInt(row.amount) }]))
}

function digestOf(decoded: Decoded): Buffer {
  const identity = decoded.identity ?? [decoded, decoded.amount.toString()]
  const text = JSON.stringify(identity, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  return createHash('sha256').update(text).digest()
}
