import type { Tx } from '../../db/transaction.ts'
import { type Keyring, openBytes, seal } from '../../domain/keyring.ts'
import { fingerprintKeyAad } from './fingerprint-key.ts'
import { openStockUnit, stockAad } from './open-stock-unit.ts'

/**
 * Seals a batch of goods anew under the active key, going up by id. Units that somebody is ordering at this moment are
 * left for another round, so that neither waits for the other.
 * @returns how many, and the last id; undefined when there are none above `after`.
 */
export async function resealUnits(
  tx: Tx,
  input: { readonly keyring: Keyring; readonly batchSize: number; readonly after: number },
): Promise<{ resealed: number; last: number } | undefined> {
  const { keyring } = input
  const { rows } = await tx.query<{ id: number; product_id: string; sealed: string }>(
    `select id, product_id, sealed from stock_unit where id > $1 and key_id <> $2
     order by id limit $3 for update skip locked`,
    [input.after, keyring.activeKeyId, input.batchSize],
  )
  const last = rows.at(-1)?.id
  if (last === undefined) return undefined
  await tx.query(
    `update stock_unit u set sealed = anew.sealed, key_id = $3
     from unnest($1::bigint[], $2::text[]) as anew (id, sealed) where u.id = anew.id`,
    [
      rows.map(({ id }) => id),
      rows.map((row) => seal(keyring, stockAad(row.product_id), openStockUnit(keyring, row))),
      keyring.activeKeyId,
    ],
  )
  return { resealed: rows.length, last }
}

/** Seals the key of the fingerprints anew; the key itself stays. */
export async function resealFingerprintKey(tx: Tx, keyring: Keyring): Promise<void> {
  const { rows } = await tx.query<{ sealed: string }>('select sealed from stock_key where key_id <> $1 for update', [
    keyring.activeKeyId,
  ])
  const box = rows[0]?.sealed
  if (box === undefined) return
  await tx.query('update stock_key set sealed = $1, key_id = $2', [
    seal(keyring, fingerprintKeyAad, openBytes(keyring, fingerprintKeyAad, box)),
    keyring.activeKeyId,
  ])
}
