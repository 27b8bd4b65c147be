import type { Queryable } from '../../db/transaction.ts'
import { type Currency, formatAmount, parseAmount } from '../../domain/money.ts'
import type { Buyer, OrderRefusal } from '../../domain/shop.ts'
import type { QuoteView } from '../../domain/shop-calls.ts'
import type { Language } from '../../domain/worker-contract.ts'
import { type ProductPage, productPage } from '../catalogue/product-page.ts'
import { balancesOf } from './balances-of.ts'

/**
 * What an order would come to now, and why it would be refused, so that a person hears it before there is something to
 * confirm. Nothing is held by it: the order itself says the last word. Null when the tenant does not sell the product.
 */
export async function quoteOrder(
  tx: Queryable,
  buyer: Buyer,
  input: { product: string; quantity: number; language: Language },
): Promise<QuoteView | null> {
  const product = await productPage(tx, buyer, input)
  if (product === undefined) return null
  const { currency } = product
  const balances = await balancesOf(tx, buyer)
  const balance = parseAmount(balances.find((each) => each.currency === currency)?.amount ?? '0', currency)
  const total = parseAmount(product.unit_price, currency) * BigInt(input.quantity)
  const refused =
    (await refusalOf(tx, buyer)) ?? shortageOf(product, input.quantity) ?? debtOf(balance, total, currency)
  return {
    product: product.id,
    name: product.name,
    quantity: input.quantity,
    currency,
    unitPrice: product.unit_price,
    total: formatAmount(total, currency),
    balance: formatAmount(balance, currency),
    refusal: refused?.word ?? null,
    detail: refused?.detail ?? null,
  }
}

interface Refused {
  readonly word: OrderRefusal
  readonly detail: string | null
}

async function refusalOf(tx: Queryable, buyer: Buyer): Promise<Refused | undefined> {
  const { rows } = await tx.query<{ paused: boolean; blocked: boolean }>(
    `select t.status = 'paused' as paused, c.blocked_at is not null or c.erased_at is not null as blocked
     from customer c join tenant t on t.id = c.tenant_id where c.id = $1 and c.tenant_id = $2`,
    [buyer.customerId, buyer.tenant],
  )
  if (rows[0]?.paused === true) return { word: 'shop_paused', detail: null }
  if (rows[0]?.blocked !== false) return { word: 'customer_blocked', detail: null }
  return undefined
}

function shortageOf(product: ProductPage, quantity: number): Refused | undefined {
  const { limit_left: limitLeft, available } = product
  if (limitLeft !== null && quantity > limitLeft) return { word: 'over_limit', detail: String(limitLeft) }
  if (available === 0) return { word: 'sold_out', detail: '0' }
  return quantity > available ? { word: 'fewer_left', detail: String(available) } : undefined
}

function debtOf(balance: bigint, total: bigint, currency: Currency): Refused | undefined {
  return balance < total ? { word: 'not_enough_balance', detail: formatAmount(total - balance, currency) } : undefined
}
