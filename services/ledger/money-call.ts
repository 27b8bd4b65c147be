import type { Prepared, Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'

/** Postgres' code of a number that its type cannot hold. */
const numberTooLarge = '22003'

/**
 * Calls a function of the database that moves money: one statement, one row. What it refuses by its own codes becomes a
 * `Failure`: BF404 `not_found`, BF409 `conflict`, and `conflict` where a sum would not fit.
 */
export async function moneyCall<Row>(
  tx: Queryable,
  statement: string | Prepared,
  values: readonly unknown[],
): Promise<Row> {
  try {
    const { rows } = await tx.query<Row>(statement, values)
    const row = rows[0]
    if (row === undefined) throw new Error('a function of the database returned no row')
    return row
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'BF404') throw new Failure('not_found', (error as Error).message, { cause: error })
    if (code === 'BF409') throw new Failure('conflict', (error as Error).message, { cause: error })
    if (code === numberTooLarge) {
      throw new Failure('conflict', 'that would come to more money than can be counted', { cause: error })
    }
    throw error
  }
}
