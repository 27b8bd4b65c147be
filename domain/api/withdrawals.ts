/** Agents' profit and how it goes out, over HTTP. */
import { z } from 'zod'
import { type EarningsView, type WithdrawalView, withdrawalStateOf, withdrawalStates } from '../withdrawal.ts'
import { endpoint } from './endpoint.ts'
import {
  agentTenant,
  amount,
  amountAsked,
  currencyCode,
  cursor,
  instant,
  limit,
  listOf,
  ofId,
  optionalInstant,
  pageOf,
  reason,
  tenant,
} from './parts.ts'

export const withdrawalSchema = z
  .strictObject({
    id: z.string(),
    tenant: z.string(),
    currency: currencyCode,
    amount,
    fee: amount,
    net: amount,
    address: z.string(),
    status: z.enum(withdrawalStates),
    approvals: listOf(z.strictObject({ by: z.string(), at: instant })),
    approvals_needed: z.int(),
    requested_at: instant,
    requested_by: z.string(),
    reviewed_at: optionalInstant,
    reviewed_by: z.string().nullable(),
    reason: z.string().nullable(),
    paid_at: optionalInstant,
    paid_by: z.string().nullable(),
    txid: z.string().nullable(),
  })
  .meta({
    id: 'Withdrawal',
    description: 'Profit on its way out; `net` is what is paid, the amount less the fee.',
  }) satisfies z.ZodType<WithdrawalView>

/** A state, or `pending` as an old name of `requested` (seed row S1-026). */
export const withdrawalState = z
  .enum([...withdrawalStates, 'pending'])
  .transform((word) => withdrawalStateOf(word))
  .optional()

export const withdrawalPage = { limit: limit(), cursor: cursor.optional() }

export const listWithdrawals = endpoint({
  method: 'get',
  path: '/api/withdrawals',
  access: 'withdrawal.read',
  tag: 'withdrawals',
  summary: 'Withdrawals, newest first.',
  command: 'withdrawal list',
  query: z.strictObject({ status: withdrawalState, tenant: tenant.optional(), ...withdrawalPage }),
  answer: pageOf(withdrawalSchema),
})

const stateStats = z.strictObject({ count: z.int(), amount })

const statsAnswer = z.strictObject({
  items: z.array(
    z
      .strictObject({
        currency: currencyCode,
        states: z.strictObject({
          requested: stateStats,
          approved: stateStats,
          paid: stateStats,
          rejected: stateStats,
          cancelled: stateStats,
        }),
        paid_out: amount,
        fees: amount,
        oldest_open: optionalInstant,
      })
      .meta({ id: 'WithdrawalStats', description: 'Withdrawals of one currency in numbers.' }),
  ),
})

export const withdrawalStats = endpoint({
  method: 'get',
  path: '/api/withdrawals/stats',
  access: 'withdrawal.read',
  tag: 'withdrawals',
  summary: 'Withdrawals in numbers, a line for each currency.',
  command: 'withdrawal stats',
  query: z.strictObject({ tenant: tenant.optional() }),
  answer: statsAnswer,
})

export const adminWithdrawalStats = endpoint({
  method: 'get',
  path: '/api/admin/withdrawals/stats',
  access: 'withdrawal.review',
  tag: 'withdrawals',
  summary: 'Withdrawals of all agents in numbers (seed row S1-007).',
  answer: statsAnswer,
})

export const quoteWithdrawal = endpoint({
  method: 'get',
  path: '/api/withdrawals/quote',
  access: 'withdrawal.request',
  tag: 'withdrawals',
  summary: 'What a withdrawal would come to: its fee, what arrives, and how many people must approve it.',
  query: z.strictObject({ amount: amountAsked }),
  answer: z
    .strictObject({ currency: currencyCode, amount, fee: amount, net: amount, approvals_needed: z.int() })
    .meta({ id: 'WithdrawalQuote' }),
})

export const showWithdrawal = endpoint({
  method: 'get',
  path: '/api/withdrawals/:id',
  access: 'withdrawal.read',
  tag: 'withdrawals',
  summary: 'One withdrawal.',
  command: 'withdrawal show',
  params: ofId,
  answer: withdrawalSchema,
})

export const withdrawalRequest = { amount: amountAsked, address: z.string().min(1).max(100) }

export const requestWithdrawal = endpoint({
  method: 'post',
  path: '/api/withdrawals',
  access: 'withdrawal.request',
  tag: 'withdrawals',
  summary: "Holds an agent's profit in USDT for a payment to an address of TRON.",
  command: 'withdrawal request',
  key: 'required',
  body: z.strictObject({
    /** Whose profit; an agent's own when left out. */
    tenant: tenant.optional(),
    ...withdrawalRequest,
  }),
  status: 201,
  answer: withdrawalSchema,
})

export const approveWithdrawal = endpoint({
  method: 'post',
  path: '/api/withdrawals/:id/approve',
  access: 'withdrawal.review',
  tag: 'withdrawals',
  summary: 'Approves a withdrawal; above the limit two people must, none of them the requester.',
  command: 'withdrawal approve',
  key: 'optional',
  params: ofId,
  answer: withdrawalSchema,
})

export const rejectWithdrawal = endpoint({
  method: 'post',
  path: '/api/withdrawals/:id/reject',
  access: 'withdrawal.review',
  tag: 'withdrawals',
  summary: 'Gives the held amount back; the owners of the shop read the reason.',
  command: 'withdrawal reject',
  key: 'required',
  params: ofId,
  body: z.strictObject({
    reason,
    /** Also one that is approved; an owner's right. */
    force: z.boolean().default(false),
  }),
  answer: withdrawalSchema,
})

export const payWithdrawal = endpoint({
  method: 'post',
  path: '/api/withdrawals/:id/pay',
  access: 'withdrawal.pay',
  tag: 'withdrawals',
  summary: 'Writes down that an approved withdrawal was paid, by its transaction of TRON.',
  command: 'withdrawal pay',
  key: 'required',
  params: ofId,
  body: z.strictObject({ txid: z.string().min(1).max(100) }),
  answer: withdrawalSchema,
})

export const cancelWithdrawal = endpoint({
  method: 'post',
  path: '/api/withdrawals/:id/cancel',
  access: 'withdrawal.cancel',
  tag: 'withdrawals',
  summary: 'Takes a request back that nobody has approved; the amount is available again.',
  command: 'withdrawal cancel',
  key: 'required',
  params: ofId,
  answer: withdrawalSchema,
})

const earningsSchema = z
  .strictObject({
    currency: currencyCode,
    available: amount,
    pending: amount,
    held: amount,
    paid_out: amount,
    debt: amount,
    next_mature_at: optionalInstant,
  })
  .meta({
    id: 'Earnings',
    description: 'What an agent has earned in one currency: to be withdrawn, not matured, asked for, paid, owed.',
  }) satisfies z.ZodType<EarningsView>

export const earningsAnswer = z.strictObject({ tenant: z.string(), items: z.array(earningsSchema) })

export const earningsOfAgent = endpoint({
  method: 'get',
  path: '/api/agents/:id/earnings',
  access: 'withdrawal.read',
  tag: 'withdrawals',
  summary: 'What an agent has earned, a line for each currency.',
  params: z.strictObject({ id: agentTenant }),
  answer: earningsAnswer,
})
