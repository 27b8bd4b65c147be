import type { Tx } from '../../db/transaction.ts'

/** The picture of a product that this tenant sells; null when it has none. */
export async function productPicture(tx: Tx, tenant: string, input: { product: string }): Promise<Buffer | null> {
  const { rows } = await tx.query<{ picture: Buffer | null }>(
    `select picture from product where id = $1 and status = 'active' and ($2 = 'master' or visible_to_agents)`,
    [input.product, tenant],
  )
  return rows[0]?.picture ?? null
}
