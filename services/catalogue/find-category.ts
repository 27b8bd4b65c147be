import type { Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'

/** A category as somebody names it: a number is its id, a text its id or its name. */
export type CategoryReference = number | string

/**
 * A category that is not archived; throws `not_found`. With `hold` nobody archives it before the
 * transaction ends.
 */
export async function findCategory(
  tx: Queryable,
  reference: CategoryReference,
  options: { hold: boolean } = { hold: false },
): Promise<{ id: number; name: string }> {
  const { rows } = await tx.query<{ id: number; name: string }>(
    `select id, name from category
     where archived_at is null and (id::text = $1 or ($2 and lower(name) = lower($1)))
     order by lower(name) = lower($1) desc limit 1 ${options.hold ? 'for share' : ''}`,
    [String(reference).trim(), typeof reference === 'string'],
  )
  const found = rows[0]
  if (found !== undefined) return found
  throw new Failure(
    'not_found',
    `no category ${String(reference).slice(0, 60)}: ./botfleet category list shows them, category add makes one`,
  )
}
