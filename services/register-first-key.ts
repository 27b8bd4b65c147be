import type { Tx } from '../db/transaction.ts'
import { listKeyFingerprints } from './list-key-fingerprints.ts'

/**
 * Registers the key of a database that has none yet. Of several servers with different keys one wins; the others see
 * its fingerprint and must be given that key.
 * @returns the fingerprints that hold now.
 */
export async function registerFirstKey(tx: Tx, input: { keyId: string }): Promise<string[]> {
  await tx.query('lock table key_fingerprint in share row exclusive mode')
  await tx.query('insert into key_fingerprint (key_id) select $1 where not exists (select 1 from key_fingerprint)', [
    input.keyId,
  ])
  return listKeyFingerprints(tx)
}
