/** What the API shows of agents and of what a shop has set. */
import { z } from 'zod'
import { type AgentView, agentStatuses, type OwnerView } from '../agent.ts'
import { desiredStates, platforms, states, statuses } from '../instance.ts'
import type { MarkupView } from '../markup.ts'
import { languages } from '../once-call.ts'
import { type ShopSettings, shopTexts } from '../shop-settings.ts'
import { amount, currencyCode, instant, listOf, optionalInstant } from './parts.ts'

export const markupSchema = z
  .strictObject({
    kind: z.enum(['percent', 'fixed']),
    /** `10` is 10 %. */
    percent: amount,
    /** Of one unit, by currency. */
    fixed: z.strictObject({ USDT: amount, IRR: amount }),
  })
  .meta({
    id: 'Markup',
    description: "What is added to the master's prices: `kind` says which of the two is in use.",
  }) satisfies z.ZodType<MarkupView>

export const ownerSchema = z
  .strictObject({ platform: z.enum(platforms), platform_user_id: z.string(), linked_at: instant })
  .meta({ id: 'ShopOwner', description: 'A chat identity that owns a shop.' }) satisfies z.ZodType<OwnerView>

const botSchema = z
  .strictObject({
    id: z.string(),
    platform: z.enum(platforms),
    name: z.string(),
    username: z.string().nullable(),
    status: z.enum(statuses),
    desired: z.enum(desiredStates),
    state: z.enum(states),
    last_error: z.string().nullable(),
    expires_at: optionalInstant,
  })
  .meta({ id: 'AgentBot' })

const salesSchema = z
  .strictObject({ currency: currencyCode, orders: z.int(), units: z.int(), turnover: amount, profit: amount })
  .meta({ id: 'Sales', description: "What was sold less what was refunded, and the agent's part of it." })

export const agentSchema = z
  .strictObject({
    id: z.string(),
    tenant: z.string(),
    name: z.string(),
    status: z.enum(agentStatuses),
    markup: markupSchema,
    owners: listOf(ownerSchema),
    instances: listOf(botSchema),
    customers: z.int(),
    sales: listOf(salesSchema),
    created_at: instant,
    updated_at: instant,
  })
  .meta({
    id: 'Agent',
    description: 'A reseller: its shop, its bots and what it sells.',
  }) satisfies z.ZodType<AgentView>

export const shopSchema = z
  .strictObject({
    tenant: z.string(),
    name: z.string(),
    status: z.enum(agentStatuses),
    markup: markupSchema,
    links: z.strictObject({
      support: z.string().nullable(),
      channel: z.string().nullable(),
      announcement: z.string().nullable(),
    }),
    buttons: listOf(z.strictObject({ title: z.string(), url: z.string() })),
    /** By language; only where the shop has its own. */
    texts: z.partialRecord(z.enum(languages), z.partialRecord(z.enum(shopTexts), z.string())),
    notice_chat: z.string().nullable(),
  })
  .meta({
    id: 'Shop',
    description: 'What a tenant has set for its own shop; texts are HTML as Telegram knows it.',
  }) satisfies z.ZodType<ShopSettings>
