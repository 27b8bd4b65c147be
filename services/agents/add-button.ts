import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { buttonsMax, parseButton, type ShopSettings, settingFailure } from '../../domain/shop-settings.ts'
import { changeShop } from './change-shop.ts'

/** Adds an own button to a shop's home screen, at most 5 (seed rows S1-015, S1-016). Throws `usage`, `conflict`. */
export async function addButton(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly title: string; readonly url: string },
): Promise<ShopSettings> {
  const button = parseButton(input)
  return changeShop(tx, actor, {
    tenant: input.tenant,
    verb: 'add_button',
    details: { ...button },
    apply: async () => {
      const added = await tx.query(
        `update tenant set extra_links = extra_links || $2::jsonb
         where id = $1 and jsonb_array_length(extra_links) < $3`,
        [input.tenant, JSON.stringify([button]), buttonsMax],
      )
      if (added.rowCount > 0) return
      throw settingFailure(
        'too_many_buttons',
        `a shop has at most ${buttonsMax} own buttons: remove one first`,
        'conflict',
      )
    },
  })
}
