import { basename } from 'node:path'
import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { parseLine } from '../../domain/catalogue.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { fileBytesMax, linesBytesMax, troubleWords } from '../../domain/stock-lines.ts'
import type { AddedStock, SkippedLine } from '../../domain/stock-unit.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { productNotFound } from '../catalogue/read-products.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import { sealLines } from './seal-lines.ts'
import { makeSealer, type Sealer } from './seal-stock.ts'
import { beginBatch, endBatch, insertUnits, type StockBatch } from './stock-batch.ts'
import { tellStock } from './tell-stock.ts'

export interface AddStock {
  readonly product: string
  readonly keyring: Keyring
  /** Where it came from, for the history: a file's name. */
  readonly source: string
  readonly goods: Goods
  /** Told how many units were looked at so far; what it throws undoes everything. */
  readonly onProgress?: ((units: number) => void) | undefined
}

/** A file with one unit a line, or a file that is one unit and keeps its name. */
type Goods = { readonly lines: Buffer } | { readonly file: { readonly name: string; readonly bytes: Buffer } }

const batchSize = 2500
/** Lines that a refusal of the whole names. */
const skippedShownMax = 1000

/**
 * Puts goods on the shelf, all of them in this transaction. What is no unit, stands there twice, or is in stock or sold
 * already, is skipped and named. Who waited for the product is told. Needs `stock.add`.
 * Throws `usage` (nothing in it is a unit, too large), `not_found` (product), `conflict` (archived, or another import
 * takes too long), `unavailable` (a key is missing).
 */
export async function addStock(tx: Tx, actor: Actor, input: AddStock): Promise<AddedStock> {
  assertMay(actor, 'stock.add')
  const { product, keyring, goods } = input
  const source = parseLine(input.source, "the goods' source", 255)
  const fileName = 'file' in goods ? parseLine(basename(goods.file.name), "a file's name", 255) : null
  refuseSize(goods)
  await refuseProduct(tx, product)
  const sealer = makeSealer(product, keyring, await fingerprintKey(tx, keyring))
  const batch = await beginBatch(tx, actor, { product, keyId: sealer.keyId, fileName, source })
  const { added, skipped } = await shelve(tx, batch, sealer, input)
  await endBatch(tx, batch, {
    added,
    duplicates: skipped.filter(({ trouble }) => trouble === 'in_stock' || trouble === 'repeated').length,
  })
  await appendAudit(tx, actor, {
    action: 'stock.add',
    targetKind: 'product',
    targetId: product,
    tenantId: masterTenant,
    details: { batch: batch.id, source, added, skipped: skipped.length },
  })
  await tellStock(tx, { product })
  return { product, import: batch.id, added, skipped, available: await countAvailable(tx, product) }
}

function refuseSize(goods: Goods): void {
  const [bytes, bytesMax] = 'file' in goods ? [goods.file.bytes, fileBytesMax] : [goods.lines, linesBytesMax]
  if (bytes.length === 0) throw new Failure('usage', 'it is empty: nothing was added')
  if (bytes.length <= bytesMax) return
  const [limit, todo] = [`${bytesMax / 1024 / 1024} MB`, 'lines' in goods ? ': split it' : '']
  throw new Failure('usage', `more than ${limit} at once is not possible${todo}; nothing was added`)
}

async function refuseProduct(tx: Tx, product: string): Promise<void> {
  const { rows } = await tx.query<{ status: string }>('select status from product where id = $1', [product])
  if (rows[0] === undefined) throw productNotFound(product)
  if (rows[0].status !== 'archived') return
  throw new Failure('conflict', `${product} is archived: ./botfleet product edit ${product} --status active first`)
}

/** Seals a batch while the one before it is being written. */
async function shelve(
  tx: Tx,
  batch: StockBatch,
  sealer: Sealer,
  { goods, onProgress }: AddStock,
): Promise<{ added: number; skipped: SkippedLine[] }> {
  const skipped: SkippedLine[] = []
  let seen = 0
  let writing: Promise<number[]> = Promise.resolve([])
  let written = 0
  const settle = async () => {
    for (const line of await writing) skipped.push({ line, trouble: 'in_stock' })
    if (written < seen) onProgress?.(seen)
    written = seen
  }
  const batches =
    'file' in goods
      ? [[{ line: 1, sealed: sealer.seal(goods.file.bytes), fingerprint: sealer.fingerprint(goods.file.bytes) }]]
      : sealLines(sealer, goods.lines, { batchSize, skipped })
  for await (const units of batches) {
    await settle()
    seen += units.length
    writing = insertUnits(tx, batch, units)
    // It is waited for above, after the next batch is sealed.
    writing.catch(() => {})
  }
  await settle()
  if (seen === 0) throw nothingToAdd(skipped)
  skipped.sort((one, other) => one.line - other.line)
  return { added: seen - skipped.filter(({ trouble }) => trouble === 'in_stock').length, skipped }
}

function nothingToAdd(skipped: readonly SkippedLine[]): Failure {
  const first = skipped.find(({ trouble }) => trouble !== 'blank')
  const reason = first === undefined ? 'every line is blank' : `line ${first.line}: ${troubleWords[first.trouble]}`
  return new Failure('usage', `no line of it is a unit (${reason}): nothing was added`, {
    details: { skipped: skipped.slice(0, skippedShownMax) },
  })
}

async function countAvailable(tx: Tx, product: string): Promise<number> {
  const { rows } = await tx.query<{ available: number }>(
    `select count(*)::int as available from stock_unit where product_id = $1 and state = 'available'`,
    [product],
  )
  return rows[0]?.available ?? 0
}
