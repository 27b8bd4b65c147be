/**
 * The calls of an agent's owner in the agent's own bot (seed 001): the gateway answers them to nobody else, and takes
 * the tenant from the worker's token.
 */
import * as z from 'zod/mini'
import { languages, onceCall } from './once-call.ts'
import {
  currencySchema,
  markupSchema,
  markupWordsSchema,
  roomResult,
  typed,
  withdrawalPage,
  withdrawalSchema,
} from './room-result.ts'
import { shopLinks, shopTexts } from './shop-settings.ts'

const earningsSchema = z.object({
  currency: currencySchema,
  available: z.string(),
  pending: z.string(),
  held: z.string(),
  paid_out: z.string(),
  /** Owed after refunds of what had been paid out. */
  debt: z.string(),
})

const ownButtonSchema = z.object({
  /** Says which one is meant, in a few letters, whatever place it has by then. */
  id: z.string(),
  title: z.string(),
  url: z.string(),
})

/** All that the dashboard shows; every change answers with it anew. */
const panelSchema = z.object({
  name: z.string(),
  status: z.enum(['active', 'paused']),
  markup: markupSchema,
  earnings: z.array(earningsSchema),
  links: z.object({
    support: z.nullable(z.string()),
    channel: z.nullable(z.string()),
    announcement: z.nullable(z.string()),
  }),
  buttons: z.array(ownButtonSchema),
  notice_chat: z.nullable(z.string()),
})
export type AgentPanel = z.infer<typeof panelSchema>

const panel = roomResult({ panel: panelSchema })
const oneWithdrawal = roomResult({ withdrawal: withdrawalSchema })

/** What an amount comes to; nothing was asked for yet. */
const quote = roomResult({
  currency: currencySchema,
  available: z.string(),
  minimum: z.string(),
  fee: z.string(),
  amount: z.nullable(z.string()),
  net: z.nullable(z.string()),
  /** In its one spelling. */
  address: z.nullable(z.string()),
})

const salesSchema = z.object({
  period: z.enum(['today', 'week', 'month', 'all']),
  orders: z.int(),
  units: z.int(),
  money: z.array(z.object({ currency: currencySchema, turnover: z.string(), profit: z.string() })),
})
export type SalesOfPeriod = z.infer<typeof salesSchema>

const shopText = roomResult({
  text: z.enum(shopTexts),
  in: z.enum(languages),
  /** Null where the usual one is shown. */
  html: z.nullable(z.string()),
  /** Why its markup could not be kept. */
  trouble: z.nullable(z.string()),
})

export const agentCalls = {
  agentPanel: onceCall('/v1/agent/panel', {}, panel),
  agentMarkup: onceCall('/v1/agent/markup', { markup: markupWordsSchema }, panel),
  /** No address takes the link away. */
  agentLink: onceCall('/v1/agent/link', { link: z.enum(shopLinks), url: z.nullable(typed) }, panel),
  agentAddButton: onceCall('/v1/agent/add-button', { title: typed, url: typed }, panel),
  agentRemoveButton: onceCall('/v1/agent/remove-button', { button: typed }, panel),
  agentText: onceCall('/v1/agent/text', { text: z.enum(shopTexts), in: z.enum(languages) }, shopText),
  /** No text brings the usual one back. */
  agentSetText: onceCall(
    '/v1/agent/set-text',
    { text: z.enum(shopTexts), in: z.enum(languages), html: z.nullable(typed) },
    shopText,
  ),
  /** Without a chat, notices go to the owners' own alone. */
  agentNoticeChat: onceCall('/v1/agent/notice-chat', { chat: z.nullable(typed) }, panel),
  agentTestNotice: onceCall('/v1/agent/test-notice', {}, panel),
  /** What is not named yet is null. */
  agentQuote: onceCall('/v1/agent/quote', { amount: z.nullable(typed), address: z.nullable(typed) }, quote),
  /** Asked again with the same nonce it is the same withdrawal. */
  agentWithdraw: onceCall('/v1/agent/withdraw', { amount: typed, address: typed }, oneWithdrawal),
  agentWithdrawals: onceCall('/v1/agent/withdrawals', { before: z.nullable(typed) }, roomResult(withdrawalPage)),
  agentCancelWithdrawal: onceCall('/v1/agent/cancel-withdrawal', { withdrawal: typed }, oneWithdrawal),
  agentStatistics: onceCall(
    '/v1/agent/statistics',
    {},
    roomResult({ sales: z.array(salesSchema), customers: z.int(), recent_customers: z.int() }),
  ),
  /** `/start claim-<code>`: makes the person an owner of this bot's shop. */
  claimShop: onceCall('/v1/agent/claim', { code: typed }, z.enum(['claimed', 'already', 'unknown', 'expired', 'used'])),
} as const
