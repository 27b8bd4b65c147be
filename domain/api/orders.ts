/** Orders over HTTP; an agent sees those of its own shop. */
import { z } from 'zod'
import {
  type ListedOrder,
  type OrderDetails,
  type OrderView,
  orderRefusals,
  orderStatuses,
  profitStates,
  type RefundedOrder,
} from '../shop.ts'
import { unitKinds } from '../stock-unit.ts'
import { productId } from './catalogue.ts'
import { endpoint } from './endpoint.ts'
import {
  amount,
  countedId,
  currencyCode,
  idText,
  instant,
  limit,
  listOf,
  numberCursor,
  ofNumber,
  optionalInstant,
  pageOf,
  reason,
  tenant,
} from './parts.ts'

const orderShape = {
  id: z.int(),
  tenant: z.string(),
  customer: z.string(),
  instance: z.string().nullable(),
  product: z.string(),
  product_name: z.string(),
  quantity: z.int(),
  currency: currencyCode,
  /** Of one unit: what the master takes, what the agent adds, and both. */
  base_price: amount,
  markup: amount,
  unit_price: amount,
  discount: amount,
  total: amount,
  status: z.enum(orderStatuses),
  refusal: z.enum(orderRefusals).nullable(),
  /** What the refusal is about: units, or an amount. */
  refusal_detail: z.string().nullable(),
  refunded_units: z.int(),
  refunded: amount,
  pay_until: optionalInstant,
  created_at: instant,
  paid_at: optionalInstant,
  delivered_at: optionalInstant,
}

const orderSchema = z
  .strictObject(orderShape)
  .meta({ id: 'Order', description: 'What was bought, at the price it was made with.' }) satisfies z.ZodType<OrderView>

const listedShape = {
  ...orderShape,
  /** Null for somebody without a name, and after an erasure. */
  customer_name: z.string().nullable(),
}

const listedSchema = z
  .strictObject(listedShape)
  .meta({ id: 'ListedOrder', description: 'An order with who bought.' }) satisfies z.ZodType<ListedOrder>

const detailsSchema = z
  .strictObject({
    ...listedShape,
    units: listOf(
      z.strictObject({
        unit: z.int(),
        kind: z.enum(unitKinds),
        file_name: z.string().nullable(),
        refunded_at: optionalInstant,
      }),
    ),
    refunds: listOf(
      z.strictObject({
        id: z.int(),
        units: z.int(),
        amount,
        restocked: z.boolean(),
        reason: z.string().nullable(),
        actor: z.string(),
        at: instant,
      }),
    ),
    /** What the agent earns by it; null where nobody but the master does. */
    profit: z.strictObject({ amount, reverted: amount, state: z.enum(profitStates), mature_at: instant }).nullable(),
  })
  .meta({
    id: 'OrderDetails',
    description: 'An order with its units, refunds and profit.',
  }) satisfies z.ZodType<OrderDetails>

const refundedSchema = z
  .strictObject({
    order: orderSchema,
    /** What this refund took back and gave. */
    units: z.int(),
    amount,
    restocked: z.boolean(),
    /** The key had been applied before; nothing was written. */
    repeated: z.boolean(),
  })
  .meta({ id: 'RefundedOrder' }) satisfies z.ZodType<RefundedOrder>

export const listOrders = endpoint({
  method: 'get',
  path: '/api/orders',
  access: 'order.read',
  tag: 'orders',
  summary: 'Orders, newest first; those that were refused by their status only.',
  command: 'order list',
  query: z.strictObject({
    tenant: tenant.optional(),
    customer: idText.optional(),
    product: productId.optional(),
    status: z.enum(orderStatuses).optional(),
    limit: limit(),
    cursor: numberCursor.optional(),
  }),
  answer: pageOf(listedSchema),
})

export const showOrder = endpoint({
  method: 'get',
  path: '/api/orders/:id',
  access: 'order.read',
  tag: 'orders',
  summary: 'One order with its units, refunds and profit.',
  command: 'order show',
  params: ofNumber,
  answer: detailsSchema,
})

export const placeOrder = endpoint({
  method: 'post',
  path: '/api/orders',
  access: 'order.place',
  tag: 'orders',
  summary:
    "Orders for a customer, from the customer's balance; the goods come in the chat. What is refused leaves no trace.",
  command: 'order place',
  key: 'required',
  body: z.strictObject({ customer: idText, product: productId, quantity: z.int().min(1).max(1000).default(1) }),
  status: 201,
  answer: orderSchema,
})

export const refundOrder = endpoint({
  method: 'post',
  path: '/api/orders/:id/refund',
  access: 'order.refund',
  tag: 'orders',
  summary: 'Gives the money back, for all that is left of an order or for some units.',
  command: 'order refund',
  key: 'required',
  params: ofNumber,
  body: z.strictObject({
    /** Only these, as the order lists them. */
    units: z.array(countedId).min(1).max(1000).optional(),
    /** The goods are unused and are sold again; else they are spoilt. */
    restock: z.boolean().default(false),
    reason,
  }),
  answer: refundedSchema,
})
