/**
 * The calls of the master's people in the master's bot (seeds 000 and 001): whoever is linked to a user (`user link`)
 * may do what that user's role may; anybody else is a stranger and hears nothing.
 */
import * as z from 'zod/mini'
import { onceCall } from './once-call.ts'
import { markupSchema, markupWordsSchema, moneySchema, roomResult, withdrawalSchema, withdrawalStates } from './room-result.ts'

const words = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
const page = z.int().check(z.minimum(0))
/** An agent's id, its tenant, or the short form that fits a button. */
const agent = { agent: words(64) }
const withdrawal = { withdrawal: words(64) }

const agentSchema = z.object({
  /** Short enough for a button whatever the id. */
  ref: z.string(),
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'paused']),
  markup: markupSchema,
  owners: z.int(),
  bots: z.array(z.object({ id: z.string(), status: z.string(), state: z.string() })),
})
export type AgentWords = z.infer<typeof agentSchema>

const topUpSchema = z.object({
  id: z.string(),
  tenant: z.string(),
  customer: z.string(),
  currency: z.enum(['USDT', 'IRR']),
  amount: z.string(),
  state: z.enum(['requested', 'confirmed', 'rejected', 'cancelled', 'expired']),
  createdAt: z.string(),
  payUntil: z.string(),
})
export type TopUpWords = z.infer<typeof topUpSchema>

const oneAgent = roomResult({ agent: agentSchema })
const oneWithdrawal = roomResult({ withdrawal: withdrawalSchema })
const oneTopUp = roomResult({ topUp: topUpSchema })

export const adminCalls = {
  adminMenu: onceCall(
    '/v1/admin/menu',
    {},
    roomResult({ username: z.string(), agents: z.int(), withdrawals: z.int(), topUps: z.int() }),
  ),
  adminAgents: onceCall(
    '/v1/admin/agents',
    { page },
    roomResult({ agents: z.array(agentSchema), page: z.int(), pages: z.int() }),
  ),
  adminAgent: onceCall('/v1/admin/agent', agent, oneAgent),
  /** The token is sealed at once and stands in no answer. No id lets one be made. */
  adminCreateAgent: onceCall(
    '/v1/admin/create-agent',
    { id: z.nullable(words(64)), token: words(256), name: words(256) },
    oneAgent,
  ),
  adminPauseAgent: onceCall('/v1/admin/pause-agent', agent, oneAgent),
  adminResumeAgent: onceCall('/v1/admin/resume-agent', agent, oneAgent),
  adminPriceAgent: onceCall('/v1/admin/price-agent', { ...agent, markup: markupWordsSchema }, oneAgent),
  /** The link by which a person becomes an owner, shown once: null when this was answered before. */
  adminClaimLink: onceCall(
    '/v1/admin/claim-link',
    agent,
    roomResult({ agent: agentSchema, link: z.nullable(z.string()), hours: z.int() }),
  ),
  adminWithdrawals: onceCall(
    '/v1/admin/withdrawals',
    { state: z.nullable(z.enum(withdrawalStates)), page },
    roomResult({
      withdrawals: z.array(withdrawalSchema),
      state: z.nullable(z.enum(withdrawalStates)),
      page: z.int(),
      pages: z.int(),
    }),
  ),
  adminWithdrawal: onceCall('/v1/admin/withdrawal', withdrawal, oneWithdrawal),
  adminApprove: onceCall('/v1/admin/approve', withdrawal, oneWithdrawal),
  adminReject: onceCall('/v1/admin/reject', { ...withdrawal, reason: z.nullable(words(500)) }, oneWithdrawal),
  adminPay: onceCall('/v1/admin/pay', { ...withdrawal, txid: words(128) }, oneWithdrawal),
  adminWithdrawalStats: onceCall(
    '/v1/admin/withdrawal-stats',
    {},
    roomResult({
      states: z.array(z.object({ state: z.enum(withdrawalStates), count: z.int(), sums: z.array(moneySchema) })),
      fees: z.array(moneySchema),
    }),
  ),
  adminTopUps: onceCall(
    '/v1/admin/top-ups',
    { page },
    roomResult({ topUps: z.array(topUpSchema), page: z.int(), pages: z.int() }),
  ),
  adminTopUp: onceCall('/v1/admin/top-up', { topUp: words(32) }, oneTopUp),
  adminConfirmTopUp: onceCall('/v1/admin/confirm-top-up', { topUp: words(32), reference: words(128) }, oneTopUp),
  adminRejectTopUp: onceCall('/v1/admin/reject-top-up', { topUp: words(32), reason: words(500) }, oneTopUp),
} as const
