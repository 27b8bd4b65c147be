/**
 * The calls of an agent's owner in the agent's own bot (seed 001): the gateway answers them to nobody else, and takes
 * the tenant from the worker's token.
 */
import * as z from 'zod/mini'
import { languages, onceCall } from './once-call.ts'
import { markupSchema, markupWordsSchema, roomResult, withdrawalSchema } from './room-result.ts'

export const linkKinds = ['support', 'channel', 'announcement'] as const
export type LinkKind = (typeof linkKinds)[number]
export const textKinds = ['welcome', 'help', 'terms'] as const
export type TextKind = (typeof textKinds)[number]

const words = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))

const earningsSchema = z.object({
  currency: z.enum(['USDT', 'IRR']),
  available: z.string(),
  pending: z.string(),
  held: z.string(),
  paidOut: z.string(),
  /** Owed after refunds of what had been paid out. */
  debt: z.string(),
})

const ownButtonSchema = z.object({ title: z.string(), url: z.string() })

/** All that the dashboard shows; every change answers with it anew. */
const panelSchema = z.object({
  shop: z.string(),
  status: z.enum(['active', 'paused']),
  markup: markupSchema,
  earnings: z.array(earningsSchema),
  links: z.object({
    support: z.nullable(z.string()),
    channel: z.nullable(z.string()),
    announcement: z.nullable(z.string()),
  }),
  buttons: z.array(ownButtonSchema),
  noticeChat: z.nullable(z.string()),
})
export type AgentPanel = z.infer<typeof panelSchema>

const panel = roomResult({ panel: panelSchema })

/** What a withdrawal would come to; amounts are null until one was named. */
const withdrawalQuote = roomResult({
  currency: z.enum(['USDT', 'IRR']),
  available: z.string(),
  minimum: z.string(),
  fee: z.string(),
  amount: z.nullable(z.string()),
  net: z.nullable(z.string()),
})

const withdrawalPage = roomResult({ withdrawals: z.array(withdrawalSchema), page: z.int(), pages: z.int() })

const salesSchema = z.object({
  period: z.enum(['today', 'week', 'month', 'all']),
  orders: z.int(),
  units: z.int(),
  money: z.array(z.object({ currency: z.enum(['USDT', 'IRR']), turnover: z.string(), profit: z.string() })),
})
export type SalesOfPeriod = z.infer<typeof salesSchema>

const shopText = roomResult({
  text: z.enum(textKinds),
  language: z.enum(languages),
  html: z.nullable(z.string()),
})

export const agentCalls = {
  agentPanel: onceCall('/v1/agent/panel', {}, panel),
  agentMarkup: onceCall('/v1/agent/markup', { markup: markupWordsSchema }, panel),
  /** No link removes it. */
  agentLink: onceCall('/v1/agent/link', { link: z.enum(linkKinds), url: z.nullable(words(512)) }, panel),
  agentAddButton: onceCall('/v1/agent/add-button', { title: words(256), url: words(512) }, panel),
  /** The title says which one was meant, should the list have changed. */
  agentRemoveButton: onceCall(
    '/v1/agent/remove-button',
    { index: z.int().check(z.minimum(0), z.maximum(99)), title: words(256) },
    panel,
  ),
  agentText: onceCall('/v1/agent/text', { text: z.enum(textKinds), in: z.enum(languages) }, shopText),
  /** No text brings the standard one back. */
  agentSetText: onceCall(
    '/v1/agent/set-text',
    { text: z.enum(textKinds), in: z.enum(languages), html: z.nullable(words(4096)) },
    shopText,
  ),
  /** No chat: notices go to the owners' own chats alone. */
  agentNoticeChat: onceCall('/v1/agent/notice-chat', { chat: z.nullable(words(64)) }, panel),
  agentTestNotice: onceCall('/v1/agent/test-notice', {}, panel),
  agentQuote: onceCall(
    '/v1/agent/quote',
    { amount: z.nullable(words(40)), address: z.nullable(words(128)) },
    withdrawalQuote,
  ),
  /** Asked again with the same nonce it is the same withdrawal. */
  agentWithdraw: onceCall(
    '/v1/agent/withdraw',
    { amount: words(40), address: words(128) },
    roomResult({ withdrawal: withdrawalSchema }),
  ),
  agentWithdrawals: onceCall('/v1/agent/withdrawals', { page: z.int().check(z.minimum(0)) }, withdrawalPage),
  agentCancelWithdrawal: onceCall(
    '/v1/agent/cancel-withdrawal',
    { withdrawal: words(64) },
    roomResult({ withdrawal: withdrawalSchema }),
  ),
  agentStatistics: onceCall(
    '/v1/agent/statistics',
    {},
    roomResult({ sales: z.array(salesSchema), customers: z.int(), newCustomers: z.int() }),
  ),
  /** `/start claim-<code>`: makes the person an owner of this bot's shop. */
  claimShop: onceCall(
    '/v1/agent/claim',
    { code: words(128) },
    z.enum(['claimed', 'unknown', 'expired', 'used', 'elsewhere']),
  ),
} as const
