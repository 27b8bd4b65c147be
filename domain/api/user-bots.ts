/** The routes of seed 002: a user's own bot, and an admin's look at the bots of users. */
import { z } from 'zod'
import { userBotStatuses } from '../user-bot.ts'
import { endpoint } from './endpoint.ts'
import { instant, limit, optionalInstant, reason } from './parts.ts'

const success = z.literal(true)
const status = z.enum(userBotStatuses)
const botName = { bot_username: z.string().nullable(), bot_id: z.int().nullable() }

export const createOwnBot = endpoint({
  method: 'post',
  path: '/api/user-bot/create',
  access: 'agent.self',
  tag: 'bots',
  summary: "Sets up the agent's own bot by its token; an operator approves it (seed row S2-100).",
  key: 'optional',
  body: z
    .strictObject({
      bot_token: z.string().min(1).max(200),
      /** Of my.telegram.org; both or neither, kept sealed. */
      telegram_api_id: z.int().min(1).max(2_147_483_647).optional(),
      telegram_api_hash: z.string().min(1).max(255).optional(),
      telegram_phone: z.string().max(20).nullable().optional(),
    })
    .refine((body) => (body.telegram_api_id === undefined) === (body.telegram_api_hash === undefined), {
      error: 'comes with telegram_api_hash, or neither is given',
      path: ['telegram_api_id'],
    }),
  answer: z.strictObject({ success, ...botName, status, message: z.string() }).meta({ id: 'OwnBotCreated' }),
})

export const ownBotStatus = endpoint({
  method: 'get',
  path: '/api/user-bot/status',
  access: 'agent.self',
  tag: 'bots',
  summary: "The agent's own bot, if there is one (seed row S2-104).",
  answer: z.union([
    z.strictObject({ has_bot: z.literal(false) }),
    z.strictObject({
      has_bot: z.literal(true),
      ...botName,
      status,
      is_verified: z.boolean(),
      created_at: instant,
      last_used_at: optionalInstant,
      rate_limit_rps: z.number(),
    }),
  ]),
})

export const removeOwnBot = endpoint({
  method: 'delete',
  path: '/api/user-bot/remove',
  access: 'agent.self',
  tag: 'bots',
  summary: "Deletes the agent's own bot with its credentials (seed row S2-105).",
  answer: z.strictObject({ success, message: z.string() }),
})

const verified = z.strictObject({ success, status, is_verified: z.boolean() })

export const verifyOwnBot = endpoint({
  method: 'post',
  path: '/api/user-bot/verify',
  access: 'agent.self',
  tag: 'bots',
  summary: "Asks Telegram about the own bot's token again; lifts no suspension (seed row S2-106).",
  answer: verified,
})

export const listUserBots = endpoint({
  method: 'get',
  path: '/api/admin/bots/list',
  access: 'user_bot.access',
  tag: 'bots',
  summary: 'The bots that have an owner, newest first (seed row S2-112).',
  query: z.strictObject({
    status: status.optional(),
    page: z.coerce.number().int().min(1).max(1_000_000).default(1),
    limit: limit(100, 50),
  }),
  answer: z.strictObject({
    total: z.int(),
    page: z.int(),
    limit: z.int(),
    total_pages: z.int(),
    bots: z.array(
      z
        .strictObject({
          /** The owner, as the four routes below name the bot. */
          user_id: z.string(),
          ...botName,
          status,
          is_verified: z.boolean(),
          created_at: instant,
          last_used_at: optionalInstant,
        })
        .meta({ id: 'UserBot', description: 'A bot by the words of seed 002.' }),
    ),
  }),
})

const ofUser = z.strictObject({
  /** The bot's owner: a user of ours, or whatever its operator wrote there. */
  user_id: z.string().min(1).max(100),
})

export const accessUserBot = endpoint({
  method: 'post',
  path: '/api/admin/bots/:user_id/access',
  access: 'user_bot.access',
  tag: 'bots',
  summary: "Writes down that an admin looks into a user's bot (seed row S2-113).",
  params: ofUser,
  answer: z.strictObject({
    success,
    user_id: z.string(),
    bot_username: z.string().nullable(),
    access_granted: z.literal(true),
  }),
})

export const suspendUserBot = endpoint({
  method: 'patch',
  path: '/api/admin/bots/:user_id/suspend',
  access: 'instance.suspend',
  tag: 'bots',
  summary: "Suspends a user's bot and stops its process (seed row S2-114).",
  params: ofUser,
  body: z.strictObject({ reason }),
  answer: z.strictObject({ success, status: z.literal('suspended') }),
})

export const activateUserBot = endpoint({
  method: 'patch',
  path: '/api/admin/bots/:user_id/activate',
  access: 'instance.activate',
  tag: 'bots',
  summary: "Lifts the suspension of a user's bot (seed row S2-115).",
  params: ofUser,
  answer: verified,
})

export const limitUserBot = endpoint({
  method: 'patch',
  path: '/api/admin/bots/:user_id/rate-limit',
  access: 'user_bot.access',
  tag: 'bots',
  summary: "Sets the limits of a user's bot, taken over while it runs (seed row S2-116).",
  params: ofUser,
  body: z.strictObject({
    /** Requests a second. */
    rps: z.number().positive().max(30),
    max_concurrent: z.int().min(1).max(100),
  }),
  answer: z.strictObject({ success, rate_limit_rps: z.number(), max_concurrent_requests: z.int() }),
})
