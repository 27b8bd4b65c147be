/** What a customer has bought, and its goods once more. */
import type { OrderWords } from '../../../domain/shop-calls.ts'
import { moment, money } from '../amount.ts'
import { backChoice, homeChoice, plainly } from '../common.ts'
import { goodsParts } from '../notices/parts.ts'
import type { Route } from '../room.ts'
import { choice } from '../screen.ts'
import { plain, shopRow } from './shelf.ts'
import { say } from './texts.ts'

/** `orders`, `orders:<before>`. */
export const orders: Route = async (turn, [cursor]) => {
  const before = idOf(cursor)
  if (before === undefined && cursor !== undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('orders', { before: before ?? null })
  const { language } = turn
  const last = result.orders.at(-1)
  if (last === undefined)
    return { screens: [{ text: say(language, 'no_orders'), choices: shopRow(turn), replaces: true }] }
  const rows = result.orders.map((each) => [
    choice(plain(say(language, 'order_line', wordsOf(each))), 'order', each.id),
  ])
  const older = result.hasMore ? [choice(say(language, 'button_older'), 'orders', last.id)] : []
  return {
    screens: [{ text: say(language, 'orders'), choices: [...rows, [...older, homeChoice(language)]], replaces: true }],
  }
}

/** `order:<id>`. */
export const order: Route = async (turn, [id]) => {
  const wanted = idOf(id)
  if (wanted === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('order', { order: wanted })
  const { language } = turn
  if (result === null) return { screens: [{ text: say(language, 'no_such_order'), choices: shopRow(turn) }] }
  const { refundedUnits, currency, refunded } = result
  const facts = say(language, 'order', { ...wordsOf(result), status: say(language, `status_${result.status}`) })
  const refund = say(language, 'order_refunded', {
    units: refundedUnits,
    amount: money({ amount: refunded, currency }),
  })
  const text = refundedUnits === 0 ? facts : `${facts}\n${refund}`
  const again = hasGoods(result) ? [[choice(say(language, 'button_goods'), 'goods', result.id)]] : []
  const more = choice(say(language, 'button_buy_again'), 'item', result.product)
  const choices = [...again, [more], [backChoice(language, 'orders'), homeChoice(language)]]
  return { screens: [{ text, choices, replaces: true }] }
}

/** `goods:<order>`: once more, as a new message. */
export const goods: Route = async (turn, [id]) => {
  const wanted = idOf(id)
  if (wanted === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('goods', { order: wanted })
  const { language } = turn
  if (result === null) return { screens: [{ text: say(language, 'no_goods'), choices: shopRow(turn) }] }
  const { order: about, lines, files } = result
  const content = async (number: number) => Buffer.from(files[number - 1]?.content ?? '', 'base64')
  const shown = { order: String(about.id), product: about.name, lines, files: files.map(({ name }) => name) }
  const parts = goodsParts(language, shown, content)
  return { screens: await Promise.all(parts.map((part) => part())) }
}

function wordsOf(each: OrderWords): Record<string, string | number> {
  const { id, name, quantity, currency } = each
  return {
    order: id,
    name,
    quantity,
    price: money({ amount: each.unitPrice, currency }),
    total: money({ amount: each.total, currency }),
    at: moment(each.at),
  }
}

function hasGoods({ status }: OrderWords): boolean {
  return status === 'paid' || status === 'partly_refunded'
}

function idOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}
