/**
 * Staging: the documents of the export in temporary tables, one for each collection, with new and changed documents
 * only. From there whole collections are imported by a few statements, whatever their size.
 */
import type { Tx } from '../../db/transaction.ts'
import type { Column, Decoded } from './decode/decoded.ts'
import { type OldCollection, oldCollections } from './old-collections.ts'

/** Every staging table has these; `was` and `entered` are null for a new document. */
const common = `line int, key text, digest bytea, tenant_id text, number text, state text, amount bigint, details jsonb,
  was text, entered text`

const specific: Readonly<Record<OldCollection, string>> = {
  agents: '',
  users: `buyer text, username text, display_name text, language text, created_at timestamptz, seen_at timestamptz,
    blocked boolean`,
  categories: 'name text, position int',
  products: 'product text, name text, description text, category text, position int',
  stock: `product text, original text, product_name text, price bigint, file_name text, buyer text, sold_at timestamptz,
    added_at timestamptz, order_number text, key_id text, sealed text, fingerprint text`,
  agent_ledger: 'created_at timestamptz, mature_at timestamptz, matured_at timestamptz',
  orders: `buyer text, product text, product_name text, at timestamptz, quantity int, base_price bigint, markup bigint,
    discount bigint, is_refunded boolean`,
  agent_withdrawals: `id text, fee bigint, address text, requested_at timestamptz, requested_by text,
    reviewed_at timestamptz, reviewed_by text, paid_at timestamptz, paid_by text, txid text, reason text`,
  topups: 'buyer text, created_at timestamptz, pay_until timestamptz, ended_at timestamptz, external_id text',
}

export interface StagedDocument {
  readonly line: number
  readonly digest: Buffer
  readonly decoded: Decoded
  /** Its states before this import; null when it is new. */
  readonly known: { readonly state: string; readonly entered: string } | null
  /** Columns that are worth making for what is staged only. */
  readonly extra: Readonly<Record<string, Column>>
}

/** Makes the tables; they vanish with the transaction. */
export async function openStage(tx: Tx): Promise<void> {
  for (const collection of Object.keys(oldCollections) as OldCollection[]) {
    await tx.query(`create temporary table staged_${collection} (${columnsOf(collection)}) on commit drop`)
  }
  // Every document of the export, also those that are imported already and unchanged.
  await tx.query('create temporary table seen_document (collection text, key text, line int) on commit drop')
}

/** Notes documents that were read. */
export async function noteSeen(
  tx: Tx,
  collection: OldCollection,
  seen: readonly { readonly key: string; readonly line: number }[],
): Promise<void> {
  await tx.query(`insert into seen_document select $1, key, line from unnest($2::text[], $3::int[]) as s (key, line)`, [
    collection,
    seen.map(({ key }) => key),
    seen.map(({ line }) => line),
  ])
}

export async function stage(tx: Tx, collection: OldCollection, documents: readonly StagedDocument[]): Promise<void> {
  const rows = documents.map(({ line, digest, decoded, known, extra }) => ({
    ...decoded.columns,
    ...extra,
    line,
    key: decoded.key,
    digest: `\\x${digest.toString('hex')}`,
    tenant_id: decoded.tenant,
    number: decoded.number,
    state: decoded.state,
    amount: decoded.amount.toString(),
    details: decoded.details,
    was: known?.state ?? null,
    entered: known?.entered ?? null,
  }))
  await tx.query(
    `insert into staged_${collection} select * from jsonb_to_recordset($1::jsonb) as r (${columnsOf(collection)})`,
    [JSON.stringify(rows)],
  )
}

/** Once all is read: the planner knows the tables' sizes, and the joins their indexes. */
export async function closeStage(tx: Tx): Promise<void> {
  await tx.query('create index on staged_users (tenant_id, buyer)')
  await tx.query('create index on staged_orders (number)')
  await tx.query('create index on seen_document (collection, key)')
  for (const collection of Object.keys(oldCollections)) await tx.query(`analyze staged_${collection}`)
  await tx.query('analyze seen_document')
}

function columnsOf(collection: OldCollection): string {
  return [common, specific[collection]].filter((part) => part !== '').join(', ')
}
