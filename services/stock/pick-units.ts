import type { Tx } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import { assertProduct } from '../catalogue/read-products.ts'

/** Which units of a product are meant: all, those of one import, or some by their ids. */
export type UnitChoice = { readonly all: true } | { readonly batch: number } | { readonly units: readonly number[] }

/** How many units were meant, and those of them that nobody has bought or is about to. */
export interface PickedUnits {
  readonly meant: number
  readonly ids: readonly number[]
}

/** Locks the available units of a choice. Throws `not_found` for a product, an import or units that are none of it, `conflict` for those that are all gone. */
export async function pickUnits(tx: Tx, product: string, choice: UnitChoice): Promise<PickedUnits> {
  await assertProduct(tx, product)
  const values = [product, 'batch' in choice ? choice.batch : null, 'units' in choice ? choice.units : null]
  const chosen = `product_id = $1 and ($2::bigint is null or batch_id = $2) and ($3::bigint[] is null or id = any($3))`
  const counted = await tx.query<{ meant: number }>(
    `select count(*)::int as meant from stock_unit where ${chosen} and ($2 is not null or $3 is not null or state = 'available')`,
    values,
  )
  const meant = counted.rows[0]?.meant ?? 0
  if (meant === 0 && !('all' in choice)) throw unitsNotFound(product, choice)
  const { rows } = await tx.query<{ id: number }>(
    `select id from stock_unit where ${chosen} and state = 'available' order by added_at, id for update skip locked`,
    values,
  )
  if (rows.length === 0 && !('all' in choice)) throw nothingToPick(product, choice)
  return { meant, ids: rows.map(({ id }) => id) }
}

function nothingToPick(product: string, choice: Exclude<UnitChoice, { all: true }>): Failure {
  const subject = 'batch' in choice ? `no unit of import ${choice.batch}` : 'none of these units'
  return new Failure(
    'conflict',
    `${subject} of ${product} is on the shelf: sold, spoilt, or being bought at this moment; nothing was changed`,
  )
}

function unitsNotFound(product: string, choice: Exclude<UnitChoice, { all: true }>): Failure {
  const subject = 'batch' in choice ? `no import ${choice.batch}` : `no such unit`
  return new Failure('not_found', `${product} has ${subject}: ./botfleet stock list ${product} shows them`)
}
