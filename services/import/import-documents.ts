import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { appendAudit } from '../append-audit.ts'
import { ensureServer } from '../ensure-server.ts'
import { applyChanges } from './apply-changes.ts'
import { checkChanges } from './check-changes.ts'
import { checkStage } from './check-stage.ts'
import { type ComparedSum, compareSums } from './compare-sums.ts'
import { enterMoney } from './enter-money.ts'
import { importAgents } from './import-agents.ts'
import { importCustomers } from './import-customers.ts'
import { importOrders } from './import-orders.ts'
import { importProducts } from './import-products.ts'
import { importProfits } from './import-profits.ts'
import type { ImportRun, SourceFile } from './import-run.ts'
import { importStock } from './import-stock.ts'
import { importTopUps } from './import-top-ups.ts'
import { importWithdrawals } from './import-withdrawals.ts'
import { linkStock } from './link-stock.ts'
import { Misfits } from './misfit.ts'
import { type Note, Notes } from './notes.ts'
import { type OldCollection, oldCollections } from './old-collections.ts'
import { type ReadAgent, readSources } from './read-sources.ts'
import { recordDocuments } from './record-documents.ts'
import { Reading } from './row.ts'
import { SourceSums } from './source-sums.ts'
import { closeStage, openStage } from './stage.ts'

export interface ImportDocuments {
  readonly files: ReadonlyMap<OldCollection, SourceFile>
  readonly keyring: Keyring
  /** Keys of the old system, for its tokens. */
  readonly oldKeys: readonly Buffer[]
  readonly server: string
  readonly twoPeopleAbove: bigint
  /** Amounts with more digits than the currency has are rounded half up, instead of being refused. */
  readonly rounds: boolean
  readonly onProgress?: ((progress: { readonly step: string; readonly rows: number }) => void) | undefined
}

export interface ImportReport {
  /** Whether anything was new. */
  readonly changed: boolean
  readonly documents: readonly CollectionReport[]
  readonly sums: readonly ComparedSum[]
  readonly notes: readonly Note[]
  readonly rounded: { readonly amounts: number; readonly sum: string }
}

export interface CollectionReport {
  readonly collection: OldCollection
  readonly file: string
  /** Read in all, imported now, changed since they were imported, and imported before. */
  readonly read: number
  readonly imported: number
  readonly changed: number
  readonly known: number
}

/**
 * Imports the collections of an old system (seeds 000 and 001) in one transaction, which the caller commits, or rolls back
 * for a rehearsal. A document that was imported before is not imported again. Needs `import.run`.
 * Throws `conflict` when documents do not fit (`details.rows`: file, line, why) or a sum differs; then nothing may be
 * committed.
 */
export async function importDocuments(tx: Tx, actor: Actor, input: ImportDocuments): Promise<ImportReport> {
  assertMay(actor, 'import.run')
  await lockImport(tx)
  const run = startRun(tx, actor, input)
  await openStage(tx)
  const agents = await readSources(run)
  await closeStage(tx)
  noteReading(run)
  await checkStage(run)
  await checkChanges(run)
  refuseMisfits(run)
  await importRows(run, agents)
  refuseMisfits(run)
  const written = await recordDocuments(run)
  await analyze(run, 'imported_document')
  const changed = await applyChanges(run)
  await enterMoney(run)
  refuseMisfits(run)
  await analyze(run, 'account', 'journal_entry', 'transfer')
  const sums = await compareSums(run)
  refuseDifferences(sums)
  const documents = await countDocuments(run)
  if (written + changed > 0) await audit(run, documents)
  const { roundedAmounts: amounts, roundedSum: sum } = run.reading
  return { changed: written + changed > 0, documents, sums, notes: run.notes.list(), rounded: { amounts, sum } }
}

function startRun(tx: Tx, actor: Actor, input: ImportDocuments): ImportRun {
  const { rounds, onProgress = () => {}, ...rest } = input
  return {
    tx,
    actor,
    ...rest,
    reading: new Reading({ rounds }),
    misfits: new Misfits(),
    notes: new Notes(),
    sums: new SourceSums(),
    onProgress,
  }
}

async function importRows(run: ImportRun, agents: readonly ReadAgent[]): Promise<void> {
  const step = (name: string) => run.onProgress({ step: name, rows: 0 })
  await ensureServer(run.tx, { name: run.server })
  step('writing agents and customers')
  await importAgents(run, agents)
  await importCustomers(run)
  await analyze(run, 'customer')
  step('writing products and orders')
  await importProducts(run)
  await linkStock(run)
  if (run.misfits.count > 0) return
  await importOrders(run)
  await analyze(run, 'product', 'customer_order')
  step('writing stock')
  await importStock(run)
  await analyze(run, 'stock_unit')
  step('writing money')
  await importProfits(run)
  await importWithdrawals(run)
  await importTopUps(run)
  await analyze(run, 'agent_profit', 'withdrawal', 'top_up', 'payment')
}

/** Nobody else sees the new rows before the commit, so the planner would not learn of them by itself. */
async function analyze({ tx }: ImportRun, ...tables: readonly string[]): Promise<void> {
  await tx.query(`analyze ${tables.join(', ')}`)
}

/** Two imports at once would each see the other's documents as new. */
async function lockImport(tx: Tx): Promise<void> {
  const { rows } = await tx.query<{ held: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('botfleet import', 0)) as held`,
  )
  if (rows[0]?.held !== true)
    throw new Failure('conflict', 'another import is running: wait for its end; nothing was changed')
}

function noteReading(run: ImportRun): void {
  const missing = (Object.keys(oldCollections) as OldCollection[]).filter((name) => !run.files.has(name))
  const wanted = missing.filter((name) => name !== 'categories' && name !== 'products')
  if (wanted.length > 0) run.notes.add('no_file', `there is no file of ${wanted.join(', ')}`, [], wanted.length)
  const { timesWithoutZone, timesFromIds } = run.reading
  if (timesFromIds > 0) run.notes.add('times', 'documents without a time have that of their _id', [], timesFromIds)
  if (timesWithoutZone > 0) run.notes.add('zones', 'times without a zone were taken for UTC', [], timesWithoutZone)
}

function refuseMisfits({ misfits }: ImportRun): void {
  if (misfits.count === 0) return
  const documents = misfits.count === 1 ? '1 document does' : `${misfits.count} documents do`
  throw new Failure('conflict', `${documents} not fit; nothing was changed`, {
    details: { misfits: misfits.count, rows: misfits.list() },
  })
}

function refuseDifferences(sums: readonly ComparedSum[]): void {
  const different = sums.filter(({ matches }) => !matches)
  if (different.length === 0) return
  throw new Failure('conflict', `${different.length} sums of the import differ from the source; nothing was changed`, {
    details: { sums: different },
  })
}

async function countDocuments(run: ImportRun): Promise<CollectionReport[]> {
  const reports: CollectionReport[] = []
  for (const [collection, { name: file }] of run.files) {
    const { rows } = await run.tx.query<{ read: number; imported: number; changed: number }>(
      `select (select count(*)::int from seen_document where collection = $1) as read,
         count(*) filter (where was is null)::int as imported, count(*) filter (where was is not null)::int as changed
       from staged_${collection}`,
      [collection],
    )
    const { read = 0, imported = 0, changed = 0 } = rows[0] ?? {}
    reports.push({ collection, file, read, imported, changed, known: read - imported - changed })
  }
  return reports
}

async function audit(run: ImportRun, documents: readonly CollectionReport[]): Promise<void> {
  await appendAudit(run.tx, run.actor, {
    action: 'import.run',
    targetKind: 'database',
    targetId: null,
    tenantId: null,
    details: Object.fromEntries(
      documents.map(({ collection, imported, changed }) => [collection, { imported, changed }]),
    ),
  })
}
