import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { buttonsMax, type ShopSettings, settingFailure } from '../../domain/shop-settings.ts'
import { changeShop } from './change-shop.ts'

export interface RemoveButton {
  readonly tenant: string
  /** 1 is the first. */
  readonly position: number
  /** What the caller believes to be there; another title is refused, so that a stale list removes nothing else. */
  readonly title?: string | undefined
}

/** Takes an own button away by its position (seed row S1-096). Throws `not_found` when it is not there. */
export async function removeButton(tx: Tx, actor: Actor, input: RemoveButton): Promise<ShopSettings> {
  return changeShop(tx, actor, {
    tenant: input.tenant,
    verb: 'remove_button',
    details: { position: input.position, ...(input.title === undefined ? {} : { title: input.title }) },
    apply: async () => {
      const isPosition = Number.isInteger(input.position) && input.position >= 1 && input.position <= buttonsMax
      const removed = await tx.query(
        `update tenant set extra_links = extra_links - $2::int
         where id = $1 and $2::int < jsonb_array_length(extra_links)
           and ($3::text is null or extra_links -> $2::int ->> 'title' = $3)`,
        [input.tenant, isPosition ? input.position - 1 : buttonsMax, input.title ?? null],
      )
      if (removed.rowCount > 0) return
      throw settingFailure('no_such_button', `there is no such button at ${input.position}`, 'not_found')
    },
  })
}
