import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { openIntake } from './open-intake.ts'
import { sealFile, sealLines } from './seal-stock.ts'
import { type StoredStock, storeStock } from './store-stock.ts'

/**
 * Adds goods that are at hand already: the text of a file with one unit a line, or a file that is one unit. For a source
 * that may be slow use `openIntake`, `sealLines` and `storeStock`, each in a transaction of its own. Needs `stock.add`.
 * Throws as those do.
 */
export async function addStock(
  tx: Tx,
  actor: Actor,
  input: {
    readonly product: string
    readonly keyring: Keyring
    /** Where it came from, for the history. */
    readonly source: string
    readonly goods: { readonly lines: Buffer } | { readonly file: { readonly name: string; readonly bytes: Buffer } }
  },
): Promise<StoredStock> {
  const { product, keyring, source, goods } = input
  const intake = await openIntake(tx, actor, { product, keyring })
  const stock = 'file' in goods ? sealFile(intake, goods.file) : await sealLines(intake, [goods.lines])
  return storeStock(tx, actor, { stock, source })
}
