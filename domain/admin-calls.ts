/**
 * The calls of the master's people in the master's bot (seeds 000 and 001): whoever is linked to a user (`user link`)
 * may do what that user's role may; anybody else is a stranger and hears nothing.
 */
import * as z from 'zod/mini'
import { onceCall } from './once-call.ts'
import {
  currencySchema,
  markupSchema,
  markupWordsSchema,
  roomResult,
  typed,
  withdrawalPage,
  withdrawalSchema,
} from './room-result.ts'
import { topUpStates } from './top-up.ts'
import { withdrawalStates } from './withdrawal.ts'

/** An agent's id, its tenant, or the short form that fits a button. */
const agent = { agent: typed }
const withdrawal = { withdrawal: typed }
const topUp = { topUp: typed }

const agentSchema = z.object({
  /** Short enough for a button, whatever the id is. */
  ref: z.string(),
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'paused']),
  markup: markupSchema,
  owners: z.int(),
  bots: z.array(z.object({ id: z.string(), status: z.string(), state: z.string() })),
})
export type AgentWords = z.infer<typeof agentSchema>

/** What Telegram says of a token; `unknown` where it could not be asked. */
const tokenVerdictSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('valid'), username: z.nullable(z.string().check(z.maxLength(64))) }),
  z.object({ kind: z.literal('invalid') }),
  z.object({ kind: z.literal('unknown') }),
])
export type TokenVerdict = z.infer<typeof tokenVerdictSchema>

const topUpSchema = z.object({
  id: z.int(),
  tenant: z.string(),
  customer: z.string(),
  currency: currencySchema,
  amount: z.string(),
  status: z.enum(topUpStates),
  created_at: z.string(),
  pay_until: z.string(),
})
export type TopUpWords = z.infer<typeof topUpSchema>

const statsSchema = z.object({
  currency: currencySchema,
  states: z.array(z.object({ status: z.enum(withdrawalStates), count: z.int(), amount: z.string() })),
  paid_out: z.string(),
  fees: z.string(),
})

const oneAgent = roomResult({ agent: agentSchema })
const oneWithdrawal = roomResult({ withdrawal: withdrawalSchema })
const oneTopUp = roomResult({ topUp: topUpSchema })
const anyStatus = z.nullable(z.enum(withdrawalStates))

export const adminCalls = {
  /** What waits: `null` of what this person's role may not see. */
  adminMenu: onceCall(
    '/v1/admin/menu',
    {},
    roomResult({ username: z.string(), agents: z.int(), withdrawals: z.int(), topUps: z.int() }),
  ),
  adminAgents: onceCall(
    '/v1/admin/agents',
    { page: z.int().check(z.minimum(1)) },
    roomResult({ agents: z.array(agentSchema), page: z.int(), pages: z.int() }),
  ),
  adminAgent: onceCall('/v1/admin/agent', agent, oneAgent),
  /** The token is sealed at once and stands in no answer. Without an id one is made. */
  adminCreateAgent: onceCall(
    '/v1/admin/create-agent',
    {
      id: z.nullable(typed),
      token: typed,
      name: typed,
      /** Workers of older versions do not ask. */
      telegram: z._default(tokenVerdictSchema, { kind: 'unknown' }),
    },
    oneAgent,
  ),
  adminPauseAgent: onceCall('/v1/admin/pause-agent', agent, oneAgent),
  adminResumeAgent: onceCall('/v1/admin/resume-agent', agent, oneAgent),
  adminPriceAgent: onceCall('/v1/admin/price-agent', { ...agent, markup: markupWordsSchema }, oneAgent),
  /** How a person becomes an owner; said once: null when this update comes again. */
  adminClaimLink: onceCall(
    '/v1/admin/claim-link',
    agent,
    roomResult({ agent: agentSchema, link: z.nullable(z.string()), message: z.nullable(z.string()), hours: z.int() }),
  ),
  adminWithdrawals: onceCall(
    '/v1/admin/withdrawals',
    { status: anyStatus, before: z.nullable(typed) },
    roomResult({ ...withdrawalPage, status: anyStatus }),
  ),
  adminWithdrawal: onceCall('/v1/admin/withdrawal', withdrawal, oneWithdrawal),
  adminApprove: onceCall('/v1/admin/approve', withdrawal, oneWithdrawal),
  adminReject: onceCall('/v1/admin/reject', { ...withdrawal, reason: typed }, oneWithdrawal),
  adminPay: onceCall('/v1/admin/pay', { ...withdrawal, txid: typed }, oneWithdrawal),
  adminWithdrawalStats: onceCall('/v1/admin/withdrawal-stats', {}, roomResult({ stats: z.array(statsSchema) })),
  adminTopUps: onceCall(
    '/v1/admin/top-ups',
    { before: z.nullable(z.int()) },
    roomResult({ topUps: z.array(topUpSchema), older: z.nullable(z.int()) }),
  ),
  adminTopUp: onceCall('/v1/admin/top-up', topUp, oneTopUp),
  adminConfirmTopUp: onceCall('/v1/admin/confirm-top-up', { ...topUp, reference: typed }, oneTopUp),
  adminRejectTopUp: onceCall('/v1/admin/reject-top-up', { ...topUp, reason: typed }, oneTopUp),
} as const
