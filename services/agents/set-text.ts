import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { parseShopText, type ShopSettings, type ShopText } from '../../domain/shop-settings.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { changeShop } from './change-shop.ts'

export interface SetText {
  readonly tenant: string
  readonly kind: ShopText
  readonly language: Language
  /** Telegram HTML or plain words; null goes back to the text that every shop has. */
  readonly text: string | null
}

/**
 * Sets what a shop says itself for its welcome, help or terms, in one language.
 * @returns the shop, and what was wrong with the HTML where it had to be kept as plain words (seed row S0-106).
 * Throws `usage` when it is empty or too long.
 */
export async function setText(
  tx: Tx,
  actor: Actor,
  input: SetText,
): Promise<{ shop: ShopSettings; trouble: string | null }> {
  const { tenant, kind, language } = input
  const text = input.text === null ? null : parseShopText(input.text)
  const shop = await changeShop(tx, actor, {
    tenant,
    verb: 'set_text',
    details: { kind, language, length: text?.html.length ?? 0 },
    apply: () =>
      text === null
        ? tx.query('delete from tenant_text where tenant_id = $1 and language = $2 and kind = $3', [
            tenant,
            language,
            kind,
          ])
        : tx.query(
            `insert into tenant_text (tenant_id, language, kind, html, updated_by) values ($1, $2, $3, $4, $5)
             on conflict (tenant_id, language, kind)
             do update set html = excluded.html, updated_at = now(), updated_by = excluded.updated_by`,
            [tenant, language, kind, text.html, actor.name],
          ),
  })
  return { shop, trouble: text?.trouble ?? null }
}
