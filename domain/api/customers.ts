/** Customers over HTTP; an agent sees those of its own shop. */
import { z } from 'zod'
import { adjustedSchema, customerDetailsSchema, customerSchema, transactionSchema } from './customer-schemas.ts'
import { endpoint } from './endpoint.ts'
import { amount, currencyCode, cursor, flag, limit, numberCursor, ofId, pageOf, reason, tenant } from './parts.ts'

export const listCustomers = endpoint({
  method: 'get',
  path: '/api/customers',
  access: 'customer.read',
  tag: 'customers',
  summary: 'Customers with their balances, the one seen last first.',
  command: 'customer list',
  query: z.strictObject({
    tenant: tenant.optional(),
    /** Part of a name, the beginning of an id, or a whole id on the platform. */
    q: z.string().max(100).optional(),
    /** Only blocked ones, or only those that are not. */
    blocked: flag.optional(),
    /** Erased ones too. */
    erased: flag.default(false),
    limit: limit(),
    cursor: cursor.optional(),
  }),
  answer: pageOf(customerSchema),
})

export const showCustomer = endpoint({
  method: 'get',
  path: '/api/customers/:id',
  access: 'customer.read',
  tag: 'customers',
  summary: 'One customer with chats, balances and the latest orders.',
  command: 'customer show',
  params: ofId,
  answer: customerDetailsSchema,
})

export const customerHistory = endpoint({
  method: 'get',
  path: '/api/customers/:id/history',
  access: 'customer.read',
  tag: 'customers',
  summary: "What came to a customer's balance and went from it, newest first.",
  command: 'customer history',
  params: ofId,
  query: z.strictObject({ limit: limit(), cursor: numberCursor.optional() }),
  answer: pageOf(transactionSchema),
})

export const blockCustomer = endpoint({
  method: 'post',
  path: '/api/customers/:id/block',
  access: 'customer.block',
  tag: 'customers',
  summary: 'Sells nothing to a customer any more; the money stays refundable.',
  command: 'customer block',
  key: 'optional',
  params: ofId,
  body: z.strictObject({ reason }),
  answer: customerDetailsSchema,
})

export const unblockCustomer = endpoint({
  method: 'post',
  path: '/api/customers/:id/unblock',
  access: 'customer.block',
  tag: 'customers',
  summary: 'Sells to a customer again.',
  command: 'customer unblock',
  key: 'optional',
  params: ofId,
  answer: customerDetailsSchema,
})

export const eraseCustomer = endpoint({
  method: 'post',
  path: '/api/customers/:id/erase',
  access: 'customer.erase',
  tag: 'customers',
  summary: 'Erases who a customer was; orders and money stay on record. This cannot be undone.',
  command: 'customer erase',
  key: 'optional',
  params: ofId,
  body: z.strictObject({
    /** Also when there is a balance, which nobody can spend afterwards. */
    with_balance: z.boolean().default(false),
  }),
  answer: customerDetailsSchema,
})

export const adjustBalance = endpoint({
  method: 'post',
  path: '/api/customers/:id/adjust',
  access: 'balance.adjust',
  tag: 'customers',
  summary: 'Corrects a balance, up or down, never below 0; the customer reads why.',
  command: 'customer adjust',
  key: 'required',
  params: ofId,
  body: z.strictObject({
    /** What it changes by: `5`, or `-2.5`. */
    amount,
    currency: currencyCode.default('USDT'),
    reason,
  }),
  answer: adjustedSchema,
})
