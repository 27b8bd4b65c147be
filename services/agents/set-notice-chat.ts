import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { parseChat, type ShopSettings } from '../../domain/shop-settings.ts'
import { changeShop } from './change-shop.ts'

/** Names the chat that is told what a shop's owners are told; null takes it away. Throws `usage`. */
export async function setNoticeChat(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly chat: string | null },
): Promise<ShopSettings> {
  const chat = input.chat === null ? null : parseChat(input.chat)
  return changeShop(tx, actor, {
    tenant: input.tenant,
    verb: 'set_notice_chat',
    details: { chat },
    apply: () => tx.query('update tenant set notice_chat_id = $2 where id = $1', [input.tenant, chat]),
  })
}
