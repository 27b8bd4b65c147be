/**
 * Buying: how many, confirm, pay. Nothing that a button carries is trusted but as a question: the unit price travels to
 * be compared, so that nobody pays another price than the one that was shown, and the rendering's nonce makes one order
 * of a button however often its press arrives.
 */

import { type Currency, formatAmount, parseAmount } from '../../../domain/money.ts'
import type { OrderRefusal } from '../../../domain/shop.ts'
import { orderQuantityMax, type QuoteView } from '../../../domain/shop-calls.ts'
import { money, readQuantity } from '../amount.ts'
import { backChoice, cancelChoice, homeChoice, plainly } from '../common.ts'
import type { Listener, Route } from '../room.ts'
import { below, type Choice, choice, type Screen } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { shopRow } from './shelf.ts'
import { say } from './texts.ts'

const presets = [1, 2, 3, 5, 10]

/** `qty:<product>`: asks how many. */
export const quantity: Route = async (turn, [product = '']) => {
  if (product === '' || product.length > 30) return plainly('stale')(turn, [])
  const { result } = await turn.call('product', { product })
  if (result === null || result.mayBuy === 0)
    return refusedReply(turn, result === null ? 'not_for_sale' : 'sold_out', product)
  const { language } = turn
  const offered = presets
    .filter((each) => each <= result.mayBuy)
    .map((each) => choice(String(each), 'buy', product, each))
  const text = say(language, 'how_many', { name: result.name, most: Math.min(result.mayBuy, orderQuantityMax) })
  const choices = [offered, [backChoice(language, 'item', product), cancelChoice(language)]]
  return { screens: [{ text, choices, replaces: true }], asks: { ask: 'quantity', args: [product] } }
}

/** A number that was typed. */
export const listenQuantity: Listener = async (turn, text, [product = '']) => {
  const read = readQuantity(text)
  if ('quantity' in read && read.quantity <= orderQuantityMax) return confirm(turn, product, read.quantity)
  await turn.arrive()
  const key = 'trouble' in read ? (`quantity_${read.trouble}` as const) : 'quantity_too_many'
  const sentence = say(turn.language, key, { most: orderQuantityMax })
  return {
    screens: [{ text: sentence, choices: [[cancelChoice(turn.language)]] }],
    asks: { ask: 'quantity', args: [product] },
  }
}

/** `buy:<product>:<quantity>`: what it would come to. */
export const buy: Route = async (turn, [product = '', typed = '']) => {
  const wanted = Number(typed)
  const known = product !== '' && product.length <= 30 && /^\d{1,4}$/.test(typed)
  if (!known || wanted < 1 || wanted > orderQuantityMax) return plainly('stale')(turn, [])
  return confirm(turn, product, wanted)
}

async function confirm(turn: Turn, product: string, wanted: number): Promise<Reply> {
  const { result: quote } = await turn.call('quote', { product, quantity: wanted })
  if (quote === null) return refusedReply(turn, 'not_for_sale', product)
  if (quote.refusal !== null) return refusedReply(turn, quote.refusal, product, quote)
  return { screens: [{ ...confirmScreen(turn, quote), replaces: true }] }
}

function confirmScreen({ language, nonce }: Turn, quote: QuoteView): Screen {
  const { currency, name } = quote
  const unit = parseAmount(quote.unitPrice, currency)
  const rest = parseAmount(quote.balance, currency) - parseAmount(quote.total, currency)
  const text = say(language, 'confirm', {
    name,
    quantity: quote.quantity,
    price: money({ amount: quote.unitPrice, currency }),
    total: money({ amount: quote.total, currency }),
    balance: money({ amount: quote.balance, currency }),
    rest: money({ amount: formatAmount(rest, currency), currency }),
  })
  const pay = say(language, 'button_pay', { total: money({ amount: quote.total, currency }) })
  const args = [quote.product, quote.quantity.toString(36), unit.toString(36), nonce] as const
  return {
    text,
    choices: [[choice(pay, 'pay', ...args)], [backChoice(language, 'item', quote.product), cancelChoice(language)]],
  }
}

/** `pay:<product>:<quantity>:<unit price>:<nonce>`, both numbers in base 36. */
export const pay: Route = async (turn, [product = '', quantityCode = '', priceCode = '', rendering = '']) => {
  const wanted = /^[0-9a-z]{1,2}$/.test(quantityCode) ? Number.parseInt(quantityCode, 36) : 0
  const unit = fromBase36(priceCode)
  const known = product !== '' && product.length <= 30 && /^[a-z0-9]{1,16}$/.test(rendering)
  if (!known || unit === undefined || wanted < 1 || wanted > orderQuantityMax) return plainly('stale')(turn, [])
  const question = { product, quantity: wanted, shownUnitPrice: unit.toString(), rendering }
  const { result } = await turn.call('pay', question)
  if (result === null) return refusedReply(turn, 'not_for_sale', product)
  const { order, balance } = result
  const { currency, name } = order
  if (order.refusal !== null) return refusedReply(turn, order.refusal, product, { ...order, balance })
  const { language } = turn
  const text = say(language, 'paid', {
    order: order.id,
    name,
    quantity: order.quantity,
    total: money({ amount: order.total, currency }),
    balance: money({ amount: balance, currency }),
  })
  const choices = [below(choice(say(language, 'button_order'), 'order', order.id), homeChoice(language))]
  return { screens: [{ text, choices, replaces: true }], pokesOutbox: true }
}

function fromBase36(text: string): bigint | undefined {
  if (!/^[0-9a-z]{1,13}$/.test(text)) return undefined
  let value = 0n
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36))
  return value <= 2n ** 63n - 1n ? value : undefined
}

/** Each refusal has its own sentence, and what may be done about it. Nothing was moved. */
function refusedReply(
  turn: Turn,
  refusal: OrderRefusal,
  product: string,
  about?: { currency: Currency; quantity: number; total: string; balance: string; detail: string | null },
): Reply {
  const { language } = turn
  const amount =
    about === undefined || about.detail === null ? '' : money({ amount: about.detail, currency: about.currency })
  const values = {
    amount,
    left: about?.detail ?? '0',
    wanted: about?.quantity ?? '',
    balance: about === undefined ? '' : money({ amount: about.balance, currency: about.currency }),
    total: about === undefined ? '' : money({ amount: about.total, currency: about.currency }),
  }
  const fewer = Number(about?.detail ?? 0)
  const key = refusal === 'over_limit' && fewer === 0 ? 'refused_limit_reached' : (`refused_${refusal}` as const)
  const remedies: Record<OrderRefusal, Choice[]> = {
    shop_paused: [],
    customer_blocked: [],
    not_for_sale: [],
    price_changed: [choice(say(language, 'button_new_price'), 'buy', product, about?.quantity ?? 1)],
    over_limit:
      fewer > 0 ? [choice(say(language, 'button_buy_fewer', { quantity: fewer }), 'buy', product, fewer)] : [],
    not_enough_balance: [choice(say(language, 'button_top_up'), 'topup')],
    sold_out: [choice(say(language, 'button_wish'), 'wish', product)],
    fewer_left: [choice(say(language, 'button_buy_fewer', { quantity: fewer }), 'buy', product, fewer)],
  }
  const rows = [remedies[refusal], ...shopRow(turn)].filter((row) => row.length > 0)
  return { screens: [{ text: say(language, key, values), choices: rows, replaces: true }] }
}
