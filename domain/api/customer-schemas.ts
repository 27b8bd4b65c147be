/** What the API shows of customers. */
import { z } from 'zod'
import type { AdjustedBalance, CustomerDetails, CustomerView, TransactionView } from '../customer.ts'
import { platforms } from '../instance.ts'
import { entryKinds } from '../ledger.ts'
import { orderStatuses } from '../shop.ts'
import { amount, currencyCode, instant, listOf, optionalInstant } from './parts.ts'

const customerShape = {
  id: z.string(),
  tenant: z.string(),
  platform: z.enum(platforms),
  platform_user_id: z.string(),
  username: z.string().nullable(),
  display_name: z.string().nullable(),
  language: z.string().nullable(),
  /** Orders that were paid, also those that were refunded later. */
  orders: z.int(),
  balances: listOf(z.strictObject({ currency: currencyCode, amount })),
  blocked_at: optionalInstant,
  blocked_reason: z.string().nullable(),
  erased_at: optionalInstant,
  created_at: instant,
  last_seen_at: instant,
}

export const customerSchema = z
  .strictObject(customerShape)
  .meta({ id: 'Customer', description: 'A person who buys.' }) satisfies z.ZodType<CustomerView>

export const customerDetailsSchema = z
  .strictObject({
    ...customerShape,
    chats: listOf(z.strictObject({ instance: z.string(), chat_id: z.string(), blocked_at: optionalInstant })),
    /** The last ten, newest first. */
    latest_orders: listOf(
      z.strictObject({
        id: z.int(),
        product: z.string(),
        product_name: z.string(),
        quantity: z.int(),
        currency: currencyCode,
        total: amount,
        refunded: amount,
        status: z.enum(orderStatuses),
        created_at: instant,
      }),
    ),
  })
  .meta({
    id: 'CustomerDetails',
    description: 'A customer with its chats and its latest orders.',
  }) satisfies z.ZodType<CustomerDetails>

export const transactionSchema = z
  .strictObject({
    id: z.int(),
    at: instant,
    kind: z.enum(entryKinds),
    /** Signed: what came to the customer is positive. */
    amount,
    currency: currencyCode,
    order: z.int().nullable(),
    product_name: z.string().nullable(),
    /** `<provider>:<id>` of the payment behind a top-up. */
    payment: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({
    id: 'Transaction',
    description: "One movement of a customer's money.",
  }) satisfies z.ZodType<TransactionView>

export const adjustedSchema = z
  .strictObject({
    customer: z.string(),
    currency: currencyCode,
    amount,
    balance: amount,
    reason: z.string(),
    /** The key had been applied before; nothing was written. */
    repeated: z.boolean(),
  })
  .meta({ id: 'AdjustedBalance' }) satisfies z.ZodType<AdjustedBalance>
