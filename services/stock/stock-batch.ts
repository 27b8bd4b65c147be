/** One import: the row that says where its units came from, and the units that it puts on the shelf. */
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { SealedLine } from './seal-lines.ts'

export interface StockBatch {
  readonly id: number
  readonly product: string
  readonly keyId: string
  /** The name of a file that is one unit; null for lines. */
  readonly fileName: string | null
}

const lockAttemptsMax = 600

/**
 * Begins an import. One import a product at a time: two with the same lines in another order would wait for each other
 * for ever. Throws `conflict` when another one takes more than a minute.
 */
export async function beginBatch(
  tx: Tx,
  actor: Actor,
  input: Omit<StockBatch, 'id'> & { source: string },
): Promise<StockBatch> {
  await lockShelf(tx, input.product)
  const { rows } = await tx.query<{ id: number }>(
    'insert into stock_batch (product_id, source, by) values ($1, $2, $3) returning id',
    [input.product, input.source, actor.name],
  )
  const id = rows[0]?.id
  if (id === undefined) throw new Error('a batch got no id')
  return { ...input, id }
}

async function lockShelf(tx: Tx, product: string): Promise<void> {
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

/** Puts units on the shelf. @returns the lines of those that were in stock, or sold, already. */
export async function insertUnits(tx: Tx, batch: StockBatch, units: readonly SealedLine[]): Promise<number[]> {
  const fingerprints = units.map(({ fingerprint }) => fingerprint)
  const { rowCount } = await tx.query(
    `insert into stock_unit (product_id, batch_id, kind, file_name, key_id, sealed, fingerprint)
     select $1, $2, case when $3::text is null then 'line' else 'file' end, $3, $4, sealed, decode(fingerprint, 'base64')
     from unnest($5::text[], $6::text[]) as goods (sealed, fingerprint)
     on conflict (product_id, fingerprint) do nothing`,
    [batch.product, batch.id, batch.fileName, batch.keyId, units.map(({ sealed }) => sealed), fingerprints],
  )
  if (rowCount === units.length) return []
  const { rows } = await tx.query<{ line: number }>(
    `select line from unnest($3::int[], $4::text[]) as goods (line, fingerprint)
     join stock_unit u on u.product_id = $1 and u.fingerprint = decode(goods.fingerprint, 'base64')
     where u.batch_id is distinct from $2`,
    [batch.product, batch.id, units.map(({ line }) => line), fingerprints],
  )
  return rows.map(({ line }) => line)
}

/**
 * Ends an import with what it came to. A rotation of keys that believes itself at its end looks again after this
 * transaction; of one that has ended the key is known to be in use again.
 */
export async function endBatch(
  tx: Tx,
  batch: StockBatch,
  counts: { added: number; duplicates: number },
): Promise<void> {
  await tx.query('update stock_batch set added = $2, duplicates = $3 where id = $1', [
    batch.id,
    counts.added,
    counts.duplicates,
  ])
  await tx.query(
    `insert into key_fingerprint (key_id) values ($1) on conflict (key_id) do update set retired_at = null
     where key_fingerprint.retired_at is not null`,
    [batch.keyId],
  )
}
