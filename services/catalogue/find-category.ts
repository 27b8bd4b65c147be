import type { Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'

/**
 * A category that is not archived, by its id or its name; throws `not_found`. With `hold` nobody archives it before the
 * transaction ends.
 */
export async function findCategory(
  tx: Queryable,
  reference: string,
  options: { hold: boolean } = { hold: false },
): Promise<{ id: number; name: string }> {
  const { rows } = await tx.query<{ id: number; name: string }>(
    `select id, name from category
     where archived_at is null and (lower(name) = lower($1) or id::text = $1)
     order by lower(name) = lower($1) desc limit 1 ${options.hold ? 'for share' : ''}`,
    [reference.trim()],
  )
  const found = rows[0]
  if (found !== undefined) return found
  throw new Failure(
    'not_found',
    `no category ${reference.slice(0, 60)}: ./botfleet category list shows them, category add makes one`,
  )
}
