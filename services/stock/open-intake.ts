import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { productNotFound } from '../catalogue/read-products.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import { type Intake, makeIntake } from './seal-stock.ts'

/**
 * What is needed to seal goods of a product before `storeStock`. Needs `stock.add`.
 * Throws `not_found` (product), `conflict` (it is archived), `unavailable` (a key is missing).
 */
export async function openIntake(
  tx: Tx,
  actor: Actor,
  input: { readonly product: string; readonly keyring: Keyring },
): Promise<Intake> {
  assertMay(actor, 'stock.add')
  const { product, keyring } = input
  const { rows } = await tx.query<{ status: string }>('select status from product where id = $1', [product])
  if (rows[0] === undefined) throw productNotFound(product)
  if (rows[0].status === 'archived') {
    throw new Failure('conflict', `${product} is archived: ./botfleet product edit ${product} --status active first`)
  }
  return makeIntake(product, keyring, await fingerprintKey(tx, keyring))
}
