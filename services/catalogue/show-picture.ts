import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { type Picture, readPicture } from './read-picture.ts'
import { assertProduct } from './read-products.ts'

/** The picture of a product, for people. Needs `catalogue.read`; throws `not_found`, also for one without a picture. */
export async function showPicture(tx: Queryable, actor: Actor, input: { readonly id: string }): Promise<Picture> {
  assertMay(actor, 'catalogue.read')
  await assertProduct(tx, input.id)
  const picture = await readPicture(tx, { tenant: null, product: input.id })
  if (picture === undefined) throw new Failure('not_found', `${input.id} has no picture`)
  return picture
}
