import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { formatPercent, type MarkupWish } from '../../domain/markup.ts'
import { formatAmount } from '../../domain/money.ts'
import type { ShopSettings } from '../../domain/shop-settings.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { changeShop } from './change-shop.ts'

/**
 * Sets what an agent adds to the master's prices, for later orders: an order keeps the price it was made with (seed rows
 * S0-073, S0-074, S1-030). A fixed markup is set for one currency; the others keep theirs.
 * The edge reads it with `parsePercent` and `parseFixedMarkup`.
 */
export async function setMarkup(
  tx: Tx,
  actor: Actor,
  input: { readonly tenant: string; readonly markup: MarkupWish },
): Promise<ShopSettings> {
  const { tenant, markup } = input
  return changeShop(tx, actor, {
    tenant,
    verb: 'set_markup',
    details: wordsOf(markup),
    apply: async () => {
      if (tenant === masterTenant)
        throw new Failure('usage', 'the master sells at its base prices: a markup is an agent’s')
      if (markup.kind === 'percent') {
        await tx.query(`update tenant set markup_kind = 'percent', markup_hundredths = $2 where id = $1`, [
          tenant,
          markup.hundredths,
        ])
        return
      }
      await tx.query(`update tenant set markup_kind = 'fixed' where id = $1`, [tenant])
      await tx.query(
        `insert into tenant_fixed_markup (tenant_id, currency, amount) values ($1, $2, $3)
         on conflict (tenant_id, currency) do update set amount = excluded.amount`,
        [tenant, markup.currency, markup.amount],
      )
    },
  })
}

function wordsOf(markup: MarkupWish): Readonly<Record<string, string>> {
  return markup.kind === 'percent'
    ? { kind: 'percent', percent: formatPercent(markup.hundredths) }
    : { kind: 'fixed', amount: formatAmount(markup.amount, markup.currency), currency: markup.currency }
}
