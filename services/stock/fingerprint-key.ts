import { randomBytes } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import { type Keyring, keyBytes, openBytes, seal } from '../../domain/keyring.ts'

/** The row that the key belongs to, authenticated with it. */
export const fingerprintKeyAad = 'stock_key'

/**
 * The key of the fingerprints of this database's goods: made when it is first needed, and the same ever after, also when
 * the keys that seal are changed. Throws `unavailable` when the key that sealed it is missing.
 */
export async function fingerprintKey(tx: Queryable, keyring: Keyring): Promise<Buffer> {
  const found = await readSealed(tx)
  if (found !== undefined) return openBytes(keyring, fingerprintKeyAad, found)
  // Of several that make one at the same moment one wins.
  await tx.query('insert into stock_key (key_id, sealed) values ($1, $2) on conflict do nothing', [
    keyring.activeKeyId,
    seal(keyring, fingerprintKeyAad, randomBytes(keyBytes)),
  ])
  const sealed = await readSealed(tx)
  if (sealed === undefined) throw new Error('the key of the fingerprints vanished')
  return openBytes(keyring, fingerprintKeyAad, sealed)
}

async function readSealed(tx: Queryable): Promise<string | undefined> {
  const { rows } = await tx.query<{ sealed: string }>('select sealed from stock_key')
  return rows[0]?.sealed
}
