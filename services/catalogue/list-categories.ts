import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { CategoryView } from '../../domain/catalogue.ts'

/** Categories in the order of the shop, the archived ones only when asked for. Needs `catalogue.read`. */
export async function listCategories(
  tx: Queryable,
  actor: Actor,
  input: {
    readonly archived?: boolean | undefined
    /** Only those behind this one. */
    readonly after?: number | undefined
    readonly limit?: number | undefined
  },
): Promise<CategoryView[]> {
  assertMay(actor, 'catalogue.read')
  return readCategories(tx, { ...input, archived: input.archived === true })
}

/** One category. Asks for no right. */
export async function readCategory(tx: Queryable, id: number): Promise<CategoryView> {
  const [view] = await readCategories(tx, { id, archived: true })
  if (view === undefined) throw new Error('a category vanished in the transaction that changed it')
  return view
}

async function readCategories(
  tx: Queryable,
  filter: { id?: number; archived: boolean; after?: number | undefined; limit?: number | undefined },
): Promise<CategoryView[]> {
  const { rows } = await tx.query<Omit<CategoryView, 'archived_at'> & { archived_at: Date | null }>(
    `select c.id, c.name, c.names, c.position, c.archived_at,
       (select count(*)::int from product p where p.category_id = c.id and p.status <> 'archived') as products
     from category c
     where ($1::bigint is null or c.id = $1) and ($2::boolean or c.archived_at is null)
       and ($3::bigint is null or (c.archived_at is not null, c.position, c.id)
         > (select archived_at is not null, position, id from category where id = $3))
     order by c.archived_at is not null, c.position, c.id limit $4`,
    [filter.id ?? null, filter.archived, filter.after ?? null, filter.limit ?? null],
  )
  return rows.map((row) => ({ ...row, archived_at: row.archived_at?.toISOString() ?? null }))
}
