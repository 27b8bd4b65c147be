import type { Queryable } from '../../db/transaction.ts'
import type { PictureType } from '../../domain/catalogue.ts'
import { masterTenant } from '../../domain/tenant.ts'

export interface Picture {
  readonly type: PictureType
  /** Another one for another picture. */
  readonly id: string
  readonly bytes: Buffer
}

/**
 * The picture of a product that a tenant sells; undefined when it has none, or the tenant does not sell it. Without a
 * tenant, of any product. Asks for no right.
 */
export async function readPicture(
  tx: Queryable,
  input: { readonly tenant: string | null; readonly product: string },
): Promise<Picture | undefined> {
  const { rows } = await tx.query<Picture>(
    `select picture_type as type, picture_id as id, picture as bytes from product
     where id = $1 and picture is not null and ($3 or (status = 'active' and (visible_to_agents or $2)))`,
    [input.product, input.tenant === masterTenant, input.tenant === null],
  )
  return rows[0]
}
