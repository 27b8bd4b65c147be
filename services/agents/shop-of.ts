import type { Queryable } from '../../db/transaction.ts'
import type { ShopButton, ShopSettings } from '../../domain/shop-settings.ts'
import { type MarkupRow, markupColumnsSql, markupViewOf } from './markup-view.ts'
import { tenantNotFound } from './tenant-not-found.ts'

interface ShopRow extends MarkupRow {
  id: string
  name: string
  status: 'active' | 'paused'
  support_link: string | null
  channel_link: string | null
  announcement_link: string | null
  extra_links: ShopButton[]
  notice_chat_id: string | null
  texts: ShopSettings['texts']
}

/**
 * A shop for its own conversation: status, markup, links, buttons, texts. Asks for no right: the tenant comes from the
 * gateway's fence; faces of people go through `showShop`. Throws `not_found`.
 */
export async function shopOf(tx: Queryable, tenant: string): Promise<ShopSettings> {
  const { rows } = await tx.query<ShopRow>(
    `select t.id, t.name, t.status, t.support_link, t.channel_link, t.announcement_link, t.extra_links,
       t.notice_chat_id, ${markupColumnsSql},
       coalesce((
         select json_object_agg(language, by_kind) from (
           select language, json_object_agg(kind, html) as by_kind from tenant_text where tenant_id = t.id
           group by language
         ) as own
       ), '{}') as texts
     from tenant t where t.id = $1`,
    [tenant],
  )
  const row = rows[0]
  if (row === undefined) throw tenantNotFound(tenant)
  return {
    tenant: row.id,
    name: row.name,
    status: row.status,
    markup: markupViewOf(row),
    links: { support: row.support_link, channel: row.channel_link, announcement: row.announcement_link },
    buttons: row.extra_links,
    texts: row.texts,
    notice_chat: row.notice_chat_id,
  }
}
