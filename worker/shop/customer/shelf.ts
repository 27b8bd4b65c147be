/** What is for sale: categories, their products, and the page of a product. */
import type { ProductPage, ShelfView } from '../../../domain/shop-calls.ts'
import { orderQuantityMax } from '../../../domain/shop-calls.ts'
import { escapeTelegramHtml } from '../../../domain/telegram-html.ts'
import { money } from '../amount.ts'
import { backChoice, homeChoice, plainly } from '../common.ts'
import type { Route } from '../room.ts'
import { type Choice, captionMax, choice, type Screen } from '../screen.ts'
import type { Turn } from '../turn.ts'
import { say } from './texts.ts'

export const shop: Route = (turn) => shelf(turn, null, 0)

/** `cat:<category>:<page>`; category 0 is what is in none. */
export const category: Route = (turn, [id, page = '0']) => {
  const [of, at] = [Number(id), Number(page)]
  if (!Number.isSafeInteger(of) || !Number.isSafeInteger(at) || at < 0) return plainly('stale')(turn, [])
  return shelf(turn, of, at)
}

async function shelf(turn: Turn, of: number | null, page: number): ReturnType<Route> {
  const { result } = await turn.call('shelf', { category: of, page })
  const screen = result.kind === 'categories' ? categories(turn, result) : products(turn, of, result)
  return { screens: [{ ...screen, replaces: true }] }
}

function categories({ language }: Turn, view: Extract<ShelfView, { kind: 'categories' }>): Screen {
  const rows = view.categories.map(({ id, name }) => [
    choice(id === 0 ? say(language, 'category_other') : name, 'cat', id, 0),
  ])
  return { text: say(language, 'choose_category'), choices: [...rows, [homeChoice(language)]] }
}

function products({ language }: Turn, of: number | null, view: Extract<ShelfView, { kind: 'products' }>): Screen {
  const rows = view.products.map((product) => {
    const shown = { name: product.name, price: money({ ...product, amount: product.price }) }
    return [choice(plain(say(language, product.soldOut ? 'item_sold_out' : 'item', shown)), 'item', product.id)]
  })
  const title = view.category ?? (view.hasOthers ? say(language, 'category_other') : null)
  const heading =
    view.products.length === 0
      ? say(language, 'nothing_for_sale')
      : title === null
        ? say(language, 'choose_product')
        : say(language, 'choose_product_of', { category: title })
  const turns = pageChoices(language, view, (page) => ['cat', of ?? 0, page])
  const back = view.hasOthers ? [backChoice(language, 'shop')] : []
  return { text: heading, choices: [...rows, ...turns, [...back, homeChoice(language)]] }
}

function pageChoices(
  language: Turn['language'],
  { page, pages }: { page: number; pages: number },
  to: (page: number) => readonly [string, ...(string | number)[]],
): Choice[][] {
  if (pages < 2) return []
  const lead = (label: 'button_previous' | 'button_next', at: number) => {
    const [route, ...args] = to(at)
    return choice(say(language, label), route, ...args)
  }
  return [
    [
      ...(page > 0 ? [lead('button_previous', page - 1)] : []),
      ...(page < pages - 1 ? [lead('button_next', page + 1)] : []),
    ],
  ]
}

/** `item:<product>`. */
export const item: Route = async (turn, [id = '']) => {
  if (id === '' || id.length > 30) return plainly('stale')(turn, [])
  const { result } = await turn.call('product', { product: id })
  const { language } = turn
  if (result === null) {
    return { screens: [{ text: say(language, 'refused_not_for_sale'), choices: shopRow(turn), replaces: true }] }
  }
  return { screens: productScreens(turn, result) }
}

/** A picture takes a short text with it; a long one follows in a message of its own. */
function productScreens(turn: Turn, view: ProductPage): Screen[] {
  const { language } = turn
  const name = say(language, 'product_name', { name: view.name })
  const price = say(language, 'product_price', { price: money({ ...view, amount: view.price }) })
  const left =
    view.left === 0
      ? say(language, 'product_sold_out')
      : say(language, 'product_left', { left: view.left < orderQuantityMax ? view.left : `${orderQuantityMax}+` })
  const limit = limitWords(turn, view)
  const description = view.description === '' ? [] : [escapeTelegramHtml(view.description)]
  const facts = [price, left, ...limit].join('\n')
  const text = [name, ...description, facts].join('\n\n')
  const choices = productChoices(turn, view)
  if (view.picture === null) return [{ text, choices, replaces: true }]
  const picture = { product: view.id, version: view.picture }
  const length = name.length + view.description.length + facts.length + 4
  return length <= captionMax
    ? [{ text, choices, picture }]
    : [
        { text: name, picture },
        { text, choices },
      ]
}

function limitWords({ language }: Turn, view: ProductPage): string[] {
  if (view.limit === null) return []
  const reached = view.left > 0 && view.mayBuy === 0
  return [
    say(language, 'product_limit', { limit: view.limit }),
    ...(reached ? [say(language, 'product_limit_reached')] : []),
  ]
}

function productChoices({ language }: Turn, view: ProductPage): Choice[][] {
  const back = [backChoice(language, 'cat', view.category, 0), homeChoice(language)]
  if (view.left === 0) return [[choice(say(language, 'button_wish'), 'wish', view.id)], back]
  if (view.mayBuy === 0) return [back]
  // One that can only be bought once needs no question how many.
  const buy = view.mayBuy === 1 ? choice(say(language, 'button_buy'), 'buy', view.id, 1) : undefined
  return [[buy ?? choice(say(language, 'button_buy'), 'qty', view.id)], back]
}

/** Back to what is for sale. */
export function shopRow({ language }: Turn): Choice[][] {
  return [[choice(say(language, 'button_shop'), 'shop'), homeChoice(language)]]
}

/** A text as a button shows it, which knows no HTML. */
export function plain(html: string): string {
  return html.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')
}

/** `wish:<product>`. */
export const wish: Route = async (turn, [id = '']) => {
  if (id === '' || id.length > 30) return plainly('stale')(turn, [])
  const { result } = await turn.call('wish', { product: id })
  const { language } = turn
  if (result === 'noted')
    return { screens: [{ text: say(language, 'wished'), choices: shopRow(turn), replaces: true }] }
  if (result === 'not_for_sale')
    return { screens: [{ text: say(language, 'refused_not_for_sale'), choices: shopRow(turn) }] }
  const look = choice(say(language, 'button_look'), 'item', id)
  return { screens: [{ text: say(language, 'wish_in_stock'), choices: [[look], [homeChoice(language)]] }] }
}
