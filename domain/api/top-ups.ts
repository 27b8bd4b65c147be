/** Customers' money coming in, over HTTP. */
import { z } from 'zod'
import { type TopUpView, topUpStates } from '../top-up.ts'
import { endpoint } from './endpoint.ts'
import {
  amount,
  amountAsked,
  currencyCode,
  idText,
  instant,
  limit,
  numberCursor,
  ofNumber,
  optionalInstant,
  pageOf,
  reason,
  tenant,
} from './parts.ts'

const topUpSchema = z
  .strictObject({
    id: z.int(),
    tenant: z.string(),
    customer: z.string(),
    customer_name: z.string().nullable(),
    currency: currencyCode,
    amount,
    credited: amount.nullable(),
    status: z.enum(topUpStates),
    instructions: z.string(),
    created_at: instant,
    pay_until: instant,
    ended_at: optionalInstant,
    ended_by: z.string().nullable(),
    reason: z.string().nullable(),
    provider: z.string().nullable(),
    external_id: z.string().nullable(),
  })
  .meta({
    id: 'TopUp',
    description: 'Money that a customer wants to pay in; `credited` is what came.',
  }) satisfies z.ZodType<TopUpView>

export const listTopUps = endpoint({
  method: 'get',
  path: '/api/top-ups',
  access: 'top_up.read',
  tag: 'top-ups',
  summary: 'Top-ups, newest first.',
  command: 'topup list',
  query: z.strictObject({
    status: z.enum(topUpStates).optional(),
    tenant: tenant.optional(),
    customer: idText.optional(),
    limit: limit(),
    cursor: numberCursor.optional(),
  }),
  answer: pageOf(topUpSchema),
})

export const showTopUp = endpoint({
  method: 'get',
  path: '/api/top-ups/:id',
  access: 'top_up.read',
  tag: 'top-ups',
  summary: 'One top-up.',
  command: 'topup show',
  params: ofNumber,
  answer: topUpSchema,
})

export const requestTopUp = endpoint({
  method: 'post',
  path: '/api/top-ups',
  access: 'order.place',
  tag: 'top-ups',
  summary: "Asks for a top-up in a customer's place, in USDT.",
  command: 'topup request',
  key: 'required',
  body: z.strictObject({ customer: idText, amount: amountAsked }),
  status: 201,
  answer: topUpSchema,
})

export const confirmTopUp = endpoint({
  method: 'post',
  path: '/api/top-ups/:id/confirm',
  access: 'top_up.confirm',
  tag: 'top-ups',
  summary: 'Credits the payment that a top-up waited for; one payment is credited once, ever.',
  command: 'topup confirm',
  key: 'required',
  params: ofNumber,
  body: z.strictObject({
    /** What names the payment outside, for example its txid. */
    reference: z.string().min(1).max(200),
    /** What came; left out: what was asked for. */
    amount: amountAsked.optional(),
  }),
  answer: topUpSchema,
})

export const rejectTopUp = endpoint({
  method: 'post',
  path: '/api/top-ups/:id/reject',
  access: 'top_up.confirm',
  tag: 'top-ups',
  summary: 'Ends a top-up whose payment did not come; the customer reads the reason.',
  command: 'topup reject',
  key: 'optional',
  params: ofNumber,
  body: z.strictObject({ reason }),
  answer: topUpSchema,
})
