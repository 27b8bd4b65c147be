/** What a shop has set, over HTTP. A change may say which shop it was made for: `If-Match`. */
import type { BodyOf, Endpoint } from '../../domain/api/endpoint.ts'
import * as api from '../../domain/api/shops.ts'
import { type MarkupWish, parseFixedMarkup, parsePercent } from '../../domain/markup.ts'
import { addButton } from '../../services/agents/add-button.ts'
import { removeButton } from '../../services/agents/remove-button.ts'
import { setLink } from '../../services/agents/set-link.ts'
import { setMarkup } from '../../services/agents/set-markup.ts'
import { setNoticeChat } from '../../services/agents/set-notice-chat.ts'
import { setText } from '../../services/agents/set-text.ts'
import { showShop } from '../../services/agents/show-shop.ts'
import { tagged } from './revision.ts'
import { type ChangeOptions, change, type PanelRoute, type RouteContext, read } from './route.ts'

export function shopRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.showShop, async ({ actor, params, response }) => {
      const shop = await showShop(database, actor, params)
      return tagged(response, shop, shop)
    }),
    change(
      api.setPricing,
      (tx, { actor, params, body }) => {
        return setMarkup(tx, actor, { ...params, markup: markupWishOf(body) })
      },
      guarded,
    ),
    change(
      api.setLink,
      (tx, { actor, params: { tenant, link: kind }, body }) => setLink(tx, actor, { tenant, kind, link: body.address }),
      guarded,
    ),
    change(api.addButton, (tx, { actor, params, body }) => addButton(tx, actor, { ...params, ...body }), guarded),
    change(
      api.removeButton,
      (tx, { actor, params, query }) => removeButton(tx, actor, { ...params, ...query }),
      guarded,
    ),
    change(
      api.setText,
      (tx, { actor, params: { tenant, text: kind, language }, body }) =>
        setText(tx, actor, { tenant, kind, language, text: body.text }),
      guarded,
    ),
    change(api.setNotices, (tx, { actor, params, body }) => setNoticeChat(tx, actor, { ...params, ...body }), guarded),
  ]
}

/** The markup that somebody asks for. */
export function markupWishOf(body: BodyOf<typeof api.setPricing>): MarkupWish {
  return body.kind === 'percent'
    ? { kind: body.kind, hundredths: parsePercent(body.percent) }
    : { ...body, amount: parseFixedMarkup(body.amount, body.currency) }
}

/** All that a shop has set, under the lock that every change of it takes. */
const guarded: ChangeOptions<Endpoint<typeof api.showShop.params>> = {
  revision: async (tx, { actor, params }) => {
    await tx.query('select 1 from tenant where id = $1 for no key update', [params.tenant])
    return showShop(tx, actor, params)
  },
}
