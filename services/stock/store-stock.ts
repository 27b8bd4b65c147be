import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { parseLine } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import type { SealedStock, SealedUnit, SkippedLine } from './seal-stock.ts'
import { tellStock } from './tell-stock.ts'

export interface StoreStock {
  readonly stock: SealedStock
  /** Where it came from, for the history: a file's name. */
  readonly source: string
  /** Told how many units were looked at; what it throws undoes everything. */
  readonly onProgress?: ((units: number) => void) | undefined
}

export interface StoredStock {
  readonly product: string
  /** The import itself, by which its units can be found and removed. */
  readonly batch: number
  readonly added: number
  /** Every line that is no new unit, in the order of the file. */
  readonly skipped: readonly SkippedLine[]
  /** Units that can be bought now. */
  readonly available: number
}

const batchSize = 5000
const lockAttemptsMax = 600

/**
 * Puts sealed goods on the shelf, all of them in this transaction: what is in stock already, or was sold, is skipped and
 * named. Who waited for the product is told. One import a product at a time: another one waits. Needs `stock.add`.
 * Throws `conflict` when the other one takes more than a minute.
 */
export async function storeStock(tx: Tx, actor: Actor, input: StoreStock): Promise<StoredStock> {
  assertMay(actor, 'stock.add')
  const { stock } = input
  const source = parseLine(input.source, "the goods' source", 255)
  await lockIntake(tx, stock.product)
  const batch = await beginBatch(tx, actor, stock.product, source)
  const known: SkippedLine[] = []
  for (let from = 0; from < stock.units.length; from += batchSize) {
    const units = stock.units.slice(from, from + batchSize)
    const inserted = await insertUnits(tx, stock, batch, units)
    if (inserted < units.length) known.push(...(await findKnown(tx, stock.product, batch, units)))
    input.onProgress?.(from + units.length)
  }
  const skipped = [...stock.skipped, ...known].sort((one, other) => one.line - other.line)
  const added = stock.units.length - known.length
  await tx.query('update stock_batch set added = $2, duplicates = $3 where id = $1', [
    batch,
    added,
    skipped.filter(({ trouble }) => trouble === 'in_stock' || trouble === 'repeated').length,
  ])
  await appendAudit(tx, actor, {
    action: 'stock.add',
    targetKind: 'product',
    targetId: stock.product,
    tenantId: masterTenant,
    details: { batch, source, added, skipped: skipped.length },
  })
  const available = await countAvailable(tx, stock.product)
  await tellStock(tx, { product: stock.product })
  await keepKey(tx, stock.keyId)
  return { product: stock.product, batch, added, skipped, available }
}

/** Two imports of the same lines in another order would wait for each other for ever. */
async function lockIntake(tx: Tx, product: string): Promise<void> {
  for (let attempt = 1; attempt <= lockAttemptsMax; attempt += 1) {
    const { rows } = await tx.query<{ held: boolean }>(
      `select pg_try_advisory_xact_lock(hashtextextended('stock of ' || $1, 0)) as held`,
      [product],
    )
    if (rows[0]?.held === true) return
    await tx.query('select pg_sleep(0.1)')
  }
  throw new Failure('conflict', `somebody else is adding stock to ${product}: try again; nothing was added`)
}

async function beginBatch(tx: Tx, actor: Actor, product: string, source: string): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    'insert into stock_batch (product_id, source, by) values ($1, $2, $3) returning id',
    [product, source, actor.name],
  )
  const id = rows[0]?.id
  if (id === undefined) throw new Error('a batch got no id')
  return id
}

async function insertUnits(tx: Tx, stock: SealedStock, batch: number, units: readonly SealedUnit[]): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into stock_unit (product_id, batch_id, kind, file_name, key_id, sealed, fingerprint)
     select $1, $2, case when $3::text is null then 'line' else 'file' end, $3, $4, sealed, decode(fingerprint, 'base64')
     from unnest($5::text[], $6::text[]) as goods (sealed, fingerprint)
     on conflict (product_id, fingerprint) do nothing`,
    [
      stock.product,
      batch,
      stock.fileName,
      stock.keyId,
      units.map(({ sealed }) => sealed),
      units.map(({ fingerprint }) => fingerprint),
    ],
  )
  return rowCount
}

/** Which of these units were there before this batch. */
async function findKnown(tx: Tx, product: string, batch: number, units: readonly SealedUnit[]): Promise<SkippedLine[]> {
  const { rows } = await tx.query<{ line: number }>(
    `select line from unnest($3::int[], $4::text[]) as goods (line, fingerprint)
     join stock_unit u on u.product_id = $1 and u.fingerprint = decode(goods.fingerprint, 'base64')
     where u.batch_id is distinct from $2`,
    [product, batch, units.map(({ line }) => line), units.map(({ fingerprint }) => fingerprint)],
  )
  return rows.map(({ line }) => ({ line, trouble: 'in_stock' }))
}

async function countAvailable(tx: Tx, product: string): Promise<number> {
  const { rows } = await tx.query<{ available: number }>(
    `select count(*)::int as available from stock_unit where product_id = $1 and state = 'available'`,
    [product],
  )
  return rows[0]?.available ?? 0
}

/** A rotation that believes itself at its end looks again after this transaction; one that has ended is not. */
async function keepKey(tx: Tx, keyId: string): Promise<void> {
  await tx.query(
    `insert into key_fingerprint (key_id) values ($1) on conflict (key_id) do update set retired_at = null
     where key_fingerprint.retired_at is not null`,
    [keyId],
  )
}
