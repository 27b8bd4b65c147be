/** The calls of a shop's customers, by the services they stand for. */
import type { TransactionView } from '../domain/customer.ts'
import { formatAmount, parseAmount } from '../domain/money.ts'
import type { OrderView } from '../domain/shop.ts'
import type { Movement, OrderWords, shopCalls, TopUpWords } from '../domain/shop-calls.ts'
import { type TopUpOutcome, type TopUpView, topUpLimitsOf } from '../domain/top-up.ts'
import { shopOf } from '../services/agents/shop-of.ts'
import { productPage } from '../services/catalogue/product-page.ts'
import { balancesOf } from '../services/chat/balances-of.ts'
import { homeOf } from '../services/chat/home-of.ts'
import { isProduct } from '../services/chat/is-product.ts'
import { quoteOrder } from '../services/chat/quote-order.ts'
import { shelfOf } from '../services/chat/shelf-of.ts'
import { wantsNews } from '../services/chat/wants-news.ts'
import { transactionsOf } from '../services/customers/transactions-of.ts'
import { goodsOfOrder } from '../services/orders/goods-of-order.ts'
import { ordersOfBuyer } from '../services/orders/orders-of-buyer.ts'
import { placeOrder } from '../services/orders/place-order.ts'
import { wishRestock } from '../services/stock/wish-restock.ts'
import { cancelTopUp } from '../services/top-ups/cancel-top-up.ts'
import { requestTopUp } from '../services/top-ups/request-top-up.ts'
import { topUpsOfBuyer } from '../services/top-ups/top-ups-of-buyer.ts'
import { change, look, type RoomHandlers } from './call-frame.ts'

/** Orders and lines of history of one page. */
const pageSize = 8

export const shopHandlers: RoomHandlers<keyof typeof shopCalls> = {
  home: look(({ tx, buyer, language }) => homeOf(tx, buyer, { language })),

  shopText: look(async ({ tx, buyer, language, request }) => {
    const { texts } = await shopOf(tx, buyer.tenant)
    return texts[language]?.[request.text] ?? null
  }),

  shelf: look(({ tx, buyer, language, request: { category, page } }) =>
    shelfOf(tx, { tenant: buyer.tenant, language, category, page }),
  ),

  product: look(async ({ tx, buyer, language, request }) => {
    const page = await productPage(tx, buyer, { product: request.product, language })
    if (page === undefined) return null
    return {
      id: page.id,
      category: page.category?.id ?? 0,
      name: page.name,
      description: page.description,
      price: page.unit_price,
      currency: page.currency,
      left: page.available,
      limit: page.limit,
      mayBuy: page.order_max,
      picture: page.picture_id,
    }
  }),

  quote: look(({ tx, buyer, language, request: { product, quantity } }) =>
    quoteOrder(tx, buyer, { product, quantity, language }),
  ),

  pay: change(async ({ tx, buyer, language, request, settings }) => {
    const { product, quantity } = request
    if (!(await isProduct(tx, { product }))) return null
    const order = await placeOrder(tx, buyer, {
      product,
      quantity,
      // Of one rendering of one customer in one bot: its press may come again under any update.
      key: `chat:${buyer.instanceId}:${buyer.customerId}:${request.rendering}:${product}:${quantity}`,
      shownUnitPrice: BigInt(request.shownUnitPrice),
      hold: false,
      maturityHours: settings.MATURITY_HOURS,
      actor: `customer:${buyer.customerId}`,
      language,
    })
    const balances = await balancesOf(tx, buyer)
    return { order: wordsOf(order), balance: balances.find((each) => each.currency === order.currency)?.amount ?? '0' }
  }),

  orders: look(async ({ tx, buyer, language, request }) => {
    const found = await ordersOfBuyer(tx, buyer, { before: request.before ?? undefined, limit: pageSize + 1, language })
    return { orders: found.slice(0, pageSize).map(wordsOf), hasMore: found.length > pageSize }
  }),

  order: look(async ({ tx, buyer, language, request }) => {
    const [order] = await ordersOfBuyer(tx, buyer, { id: request.order, language })
    return order === undefined ? null : wordsOf(order)
  }),

  goods: look(async ({ tx, buyer, language, request, keyring }) => {
    const [order] = await ordersOfBuyer(tx, buyer, { id: request.order, language })
    const goods = order === undefined ? [] : await goodsOfOrder(tx, buyer, keyring(), { order: order.id })
    if (order === undefined || goods.length === 0) return null
    return {
      order: wordsOf(order),
      lines: goods.flatMap(({ kind, content }) => (kind === 'line' ? [content.toString('utf8')] : [])),
      files: goods.flatMap(({ fileName, content }) =>
        fileName === null ? [] : [{ name: fileName, content: content.toString('base64') }],
      ),
    }
  }),

  history: look(async ({ tx, buyer, language, request }) => {
    const found = await transactionsOf(tx, buyer, {
      before: request.before ?? undefined,
      limit: pageSize + 1,
      language,
    })
    const movements = found.slice(0, pageSize).map(movementOf)
    return { balances: await balancesOf(tx, buyer), movements, hasMore: found.length > pageSize }
  }),

  topUps: look(async ({ tx, buyer, settings }) => {
    const { currency, minimum, maximum } = topUpLimitsOf(settings)
    const open = await topUpsOfBuyer(tx, buyer, { status: 'requested' })
    return {
      currency,
      minimum: formatAmount(minimum, currency),
      maximum: formatAmount(maximum, currency),
      open: open.map(topUpWordsOf),
    }
  }),

  requestTopUp: change(async ({ tx, buyer, request, settings }) => {
    const limits = topUpLimitsOf(settings)
    const amount = parseAmount(request.amount, limits.currency)
    const key = `chat:${buyer.instanceId}:${buyer.customerId}:${request.rendering}:${amount}`
    return outcomeOf(await requestTopUp(tx, buyer, { amount, key, limits }))
  }),

  cancelTopUp: change(async ({ tx, buyer, request }) => outcomeOf(await cancelTopUp(tx, buyer, { id: request.topUp }))),

  wish: change(({ tx, buyer, request }) => wishRestock(tx, buyer, { product: request.product })),

  settings: look(async ({ tx, buyer }) => ({ news: await wantsNews(tx, buyer) })),
}

function wordsOf(order: OrderView): OrderWords {
  return {
    id: order.id,
    product: order.product,
    name: order.product_name,
    quantity: order.quantity,
    currency: order.currency,
    unitPrice: order.unit_price,
    total: order.total,
    status: order.status,
    refusal: order.refusal,
    detail: order.refusal_detail,
    refundedUnits: order.refunded_units,
    refunded: order.refunded,
    at: order.created_at,
  }
}

/** Without the reason that staff gave. */
function movementOf({ id, at, kind, amount, currency, order, product_name: name }: TransactionView): Movement {
  return { id, at, kind, amount, currency, order, name }
}

function topUpWordsOf(topUp: TopUpView): TopUpWords {
  const { id, amount, currency, status, instructions, pay_until: payUntil } = topUp
  return { id, amount, currency, status, instructions, payUntil }
}

function outcomeOf(outcome: TopUpOutcome) {
  if (outcome.kind === 'refused') return outcome
  return { kind: outcome.kind, topUp: topUpWordsOf(outcome.topUp) }
}
