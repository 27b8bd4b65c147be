/**
 * The calls of a shop's customers. Prices are quoted and orders are made by the gateway alone: what a button says of a
 * price is only compared. Amounts are decimal strings beside their currency, times ISO 8601.
 */
import * as z from 'zod/mini'
import { onceCall } from './once-call.ts'
import { orderRefusals, orderStatuses } from './shop.ts'
import { topUpRefusals, topUpStates } from './top-up.ts'

/** Units of one order, at most (customer_order); free units are counted no further either. */
export const orderQuantityMax = 1000

const currency = z.enum(['USDT', 'IRR'])
const moneySchema = z.object({ amount: z.string(), currency })

const id = z.int().check(z.positive())
const product = z.string().check(z.minLength(1), z.maxLength(30))
const quantity = z.int().check(z.positive(), z.maximum(orderQuantityMax))
/** A rendering's own key (`Turn.nonce`). */
const rendering = z.string().check(z.regex(/^[a-z0-9]{1,16}$/))
/** What lies before this one, newest first; null begins at the newest. */
const before = z.nullable(id)

const homeSchema = z.object({
  paused: z.boolean(),
  /** The shop's own HTML; null where it has none. */
  welcome: z.nullable(z.string()),
  hasTerms: z.boolean(),
  /** Addresses of pages. */
  links: z.object({
    support: z.nullable(z.string()),
    channel: z.nullable(z.string()),
    announcement: z.nullable(z.string()),
  }),
  buttons: z.array(z.object({ title: z.string(), url: z.string() })),
  balances: z.array(moneySchema),
})
export type HomeView = z.infer<typeof homeSchema>

const shelfItem = z.object({
  id: z.string(),
  name: z.string(),
  price: z.string(),
  currency,
  soldOut: z.boolean(),
})

/** Categories, or one category's products; a shop with one category has its products at once. */
const shelfSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('categories'), categories: z.array(z.object({ id: z.int(), name: z.string() })) }),
  z.object({
    kind: z.literal('products'),
    /** Null for what is in no category. */
    category: z.nullable(z.string()),
    /** There are others to go back to. */
    hasOthers: z.boolean(),
    products: z.array(shelfItem),
    page: z.int(),
    pages: z.int(),
  }),
])
export type ShelfView = z.infer<typeof shelfSchema>

const productSchema = z.object({
  id: z.string(),
  /** 0 is none. */
  category: z.int(),
  name: z.string(),
  description: z.string(),
  price: z.string(),
  currency,
  /** Free units, counted as far as `orderQuantityMax`. */
  left: z.int(),
  /** Units that one customer may have; null is as many as there are. */
  limit: z.nullable(z.int()),
  /** Units that this customer may still buy, and that are there. */
  mayBuy: z.int(),
  /** Changes with the picture; null where there is none. */
  picture: z.nullable(z.string()),
})
export type ProductPage = z.infer<typeof productSchema>

const refusal = z.enum(orderRefusals)

/** What an order would come to now, and why it would be refused. */
const quoteSchema = z.object({
  product: z.string(),
  name: z.string(),
  quantity: z.int(),
  currency,
  unitPrice: z.string(),
  total: z.string(),
  balance: z.string(),
  refusal: z.nullable(refusal),
  /** See `OrderView.refusal_detail`. */
  detail: z.nullable(z.string()),
})
export type QuoteView = z.infer<typeof quoteSchema>

const orderSchema = z.object({
  id: z.int(),
  product: z.string(),
  name: z.string(),
  quantity: z.int(),
  currency,
  unitPrice: z.string(),
  total: z.string(),
  status: z.enum(orderStatuses),
  refusal: z.nullable(refusal),
  detail: z.nullable(z.string()),
  refundedUnits: z.int(),
  refunded: z.string(),
  at: z.string(),
})
export type OrderWords = z.infer<typeof orderSchema>

const goodsSchema = z.object({
  order: orderSchema,
  /** Text of units that are lines, in their order. */
  lines: z.array(z.string()),
  /** Units that are files: base64. */
  files: z.array(z.object({ name: z.string(), content: z.string() })),
})

const movementSchema = z.object({
  id: z.int(),
  at: z.string(),
  kind: z.string(),
  /** Signed: what came to the customer is positive. */
  amount: z.string(),
  currency,
  order: z.nullable(z.int()),
  name: z.nullable(z.string()),
})
export type Movement = z.infer<typeof movementSchema>

const topUpSchema = z.object({
  id: z.int(),
  amount: z.string(),
  currency,
  status: z.enum(topUpStates),
  instructions: z.string(),
  payUntil: z.string(),
})
export type TopUpWords = z.infer<typeof topUpSchema>

const topUpResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), topUp: topUpSchema }),
  z.object({ kind: z.literal('refused'), refusal: z.enum(topUpRefusals), detail: z.nullable(z.string()) }),
])

/** `RestockWish` of services/stock. */
const wishSchema = z.enum(['noted', 'available', 'not_for_sale'])

export const shopCalls = {
  home: onceCall('/v1/shop/home', {}, homeSchema),
  /** A text that the shop has written itself: HTML, or null. */
  shopText: onceCall('/v1/shop/text', { text: z.enum(['help', 'terms']) }, z.nullable(z.string())),
  /** Null begins with the categories; 0 is what is in none. */
  shelf: onceCall('/v1/shop/shelf', { category: z.nullable(z.int()), page: z.int() }, shelfSchema),
  /** Null: it is not for sale here. */
  product: onceCall('/v1/shop/product', { product }, z.nullable(productSchema)),
  quote: onceCall('/v1/shop/quote', { product, quantity }, z.nullable(quoteSchema)),
  /** Orders and pays from the balance, once for a customer's rendering. `shownUnitPrice`: in the smallest unit. */
  pay: onceCall(
    '/v1/shop/pay',
    { product, quantity, shownUnitPrice: z.string().check(z.regex(/^[0-9]{1,19}$/)), rendering },
    z.nullable(z.object({ order: orderSchema, balance: z.string() })),
  ),
  orders: onceCall('/v1/shop/orders', { before }, z.object({ orders: z.array(orderSchema), hasMore: z.boolean() })),
  order: onceCall('/v1/shop/order', { order: id }, z.nullable(orderSchema)),
  goods: onceCall('/v1/shop/goods', { order: id }, z.nullable(goodsSchema)),
  history: onceCall(
    '/v1/shop/history',
    { before },
    z.object({ balances: z.array(moneySchema), movements: z.array(movementSchema), hasMore: z.boolean() }),
  ),
  /** What may be asked for, and the top-ups that wait for their payment. */
  topUps: onceCall(
    '/v1/shop/top-ups',
    {},
    z.object({ currency, minimum: z.string(), maximum: z.string(), open: z.array(topUpSchema) }),
  ),
  /** `amount`: a decimal string. */
  requestTopUp: onceCall(
    '/v1/shop/request-top-up',
    { amount: z.string().check(z.maxLength(40)), rendering },
    topUpResult,
  ),
  cancelTopUp: onceCall('/v1/shop/cancel-top-up', { topUp: id }, topUpResult),
  /** To be told when it is there again. */
  wish: onceCall('/v1/shop/wish', { product }, wishSchema),
  settings: onceCall('/v1/shop/settings', {}, z.object({ news: z.boolean() })),
} as const
