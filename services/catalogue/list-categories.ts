import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { CategoryView } from '../../domain/catalogue.ts'

/** Categories in the order of the shop, the archived ones only when asked for. Needs `catalogue.read`. */
export async function listCategories(
  tx: Queryable,
  actor: Actor,
  input: { readonly archived?: boolean | undefined },
): Promise<CategoryView[]> {
  assertMay(actor, 'catalogue.read')
  return readCategories(tx, { id: null, archived: input.archived === true })
}

/** One category. Asks for no right. */
export async function readCategory(tx: Queryable, id: number): Promise<CategoryView> {
  const [view] = await readCategories(tx, { id, archived: true })
  if (view === undefined) throw new Error('a category vanished in the transaction that changed it')
  return view
}

async function readCategories(
  tx: Queryable,
  filter: { id: number | null; archived: boolean },
): Promise<CategoryView[]> {
  const { rows } = await tx.query<Omit<CategoryView, 'archived_at'> & { archived_at: Date | null }>(
    `select c.id, c.name, c.names, c.position, c.archived_at,
       (select count(*)::int from product p where p.category_id = c.id and p.status <> 'archived') as products
     from category c
     where ($1::bigint is null or c.id = $1) and ($2::boolean or c.archived_at is null)
     order by c.archived_at is not null, c.position, c.id`,
    [filter.id, filter.archived],
  )
  return rows.map((row) => ({ ...row, archived_at: row.archived_at?.toISOString() ?? null }))
}
