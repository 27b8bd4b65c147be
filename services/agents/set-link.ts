import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { parseLink, type ShopLink, type ShopSettings } from '../../domain/shop-settings.ts'
import { changeShop } from './change-shop.ts'

const columnOf: Record<ShopLink, string> = {
  support: 'support_link',
  channel: 'channel_link',
  announcement: 'announcement_link',
}

/** Sets a link of a shop, `@name` or https; null takes it away (seed rows S1-012 to S1-014). Throws `usage`. */
export async function setLink(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly kind: ShopLink; readonly link: string | null },
): Promise<ShopSettings> {
  const link = input.link === null ? null : parseLink(input.link)
  return changeShop(tx, actor, {
    tenant: input.tenant,
    verb: 'set_link',
    details: { kind: input.kind, link },
    apply: () => tx.query(`update tenant set ${columnOf[input.kind]} = $2 where id = $1`, [input.tenant, link]),
  })
}
