import type { Queryable } from '../../db/transaction.ts'
import type { Buyer } from '../../domain/shop.ts'
import type { HomeView } from '../../domain/shop-calls.ts'
import { linkUrl } from '../../domain/shop-settings.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { shopOf } from '../agents/shop-of.ts'
import { balancesOf } from './balances-of.ts'

/** The home of a tenant's bot, as one customer sees it. */
export async function homeOf(tx: Queryable, buyer: Buyer, input: { language: Language }): Promise<HomeView> {
  const shop = await shopOf(tx, buyer.tenant)
  const own = shop.texts[input.language]
  const url = (link: string | null) => (link === null ? null : linkUrl(link))
  const { support, channel, announcement } = shop.links
  return {
    paused: shop.status === 'paused',
    welcome: own?.welcome ?? null,
    hasTerms: own?.terms !== undefined,
    links: { support: url(support), channel: url(channel), announcement: url(announcement) },
    buttons: shop.buttons.map(({ title, url: to }) => ({ title, url: to })),
    balances: await balancesOf(tx, buyer),
  }
}
