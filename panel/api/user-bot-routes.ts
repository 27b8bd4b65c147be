/** The routes of seed 002 over the services that everything else uses. */
import * as api from '../../domain/api/user-bots.ts'
import { Failure } from '../../domain/failure.ts'
import { parseTelegramToken } from '../../domain/telegram-token.ts'
import type { UserBotView } from '../../domain/user-bot.ts'
import { activateInstance } from '../../services/activate-instance.ts'
import { editInstance } from '../../services/edit-instance.ts'
import { readCredential } from '../../services/read-credential.ts'
import { suspendInstance } from '../../services/suspend-instance.ts'
import { botOfUser } from '../../services/user-bots/bot-of-user.ts'
import { grantAccess } from '../../services/user-bots/grant-access.ts'
import { listUserBots } from '../../services/user-bots/list-user-bots.ts'
import { createOwnBot, findOwnBot, removeOwnBot, verifyOwnBot } from '../../services/user-bots/own-bot.ts'
import { HttpProblem, httpProblems } from './problem.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'
import { type CheckedToken, checkedToken, judgeToken } from './telegram-check.ts'

export function userBotRoutes(context: RouteContext): PanelRoute[] {
  return [...ownRoutes(context), verifyRoute(context), ...adminRoutes(context)]
}

const success = true as const

function ownRoutes(context: RouteContext): PanelRoute[] {
  const { database, keyring, serverName: server } = context
  return [
    change(
      api.createOwnBot,
      async (tx, { actor, body }, checked: CheckedToken) => {
        const { telegram_api_id: apiId, telegram_api_hash: apiHash, telegram_phone: phone } = body
        const mtproto =
          apiId === undefined || apiHash === undefined ? undefined : { apiId, apiHash, phone: phone ?? undefined }
        const name = checked.verified?.username ?? `Bot ${parseTelegramToken(checked.token).botId}`
        const bot = await createOwnBot(tx, actor, { ...checked, name, server, keyring: keyring(), mtproto })
        const { bot_username, bot_id, status } = bot
        return { success, bot_username, bot_id, status, message: 'Your dedicated bot is now configured!' }
      },
      { prepare: ({ body }) => acceptableToken(context, body.bot_token) },
    ),
    read(api.ownBotStatus, async ({ actor }) => {
      const bot = await findOwnBot(database, actor)
      if (bot === undefined) return { has_bot: false as const }
      const { bot_username, bot_id, status, is_verified, created_at, last_used_at, rate_limit_rps } = bot
      return {
        has_bot: true as const,
        bot_username,
        bot_id,
        status,
        is_verified,
        created_at,
        last_used_at,
        rate_limit_rps,
      }
    }),
    change(api.removeOwnBot, async (tx, { actor }) => {
      await removeOwnBot(tx, actor)
      return { success, message: 'Bot removed successfully' }
    }),
  ]
}

/** A token that Telegram does not refuse, or a refusal in the seed's words. */
async function acceptableToken(context: RouteContext, text: string): Promise<CheckedToken> {
  try {
    return await checkedToken(context, text)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, `Invalid bot token: ${error.message}`, { cause: error })
  }
}

/** Telegram is asked before the transaction begins: no row is locked while it thinks. */
function verifyRoute(context: RouteContext): PanelRoute {
  const { database, keyring } = context
  return change(
    api.verifyOwnBot,
    async (tx, { actor }, judged: { instance: string; username: string | null }) => {
      const { status, is_verified } = await verifyOwnBot(tx, actor, judged)
      return { success, status, is_verified }
    },
    {
      prepare: async ({ actor }) => {
        const bot = await findOwnBot(database, actor)
        const token =
          bot && (await readCredential(database, keyring(), { instanceId: bot.instance, kind: 'telegram_token' }))
        if (bot === undefined || token === undefined) throw new Failure('not_found', 'Bot not found')
        const { verdict, username } = await judgeToken(context, token)
        if (verdict === 'unreachable') {
          throw new HttpProblem(httpProblems.telegramUnreachable, 'Telegram does not answer at the moment; try again', {
            'retry-after': '5',
          })
        }
        if (verdict === 'invalid') {
          throw new Failure(
            'conflict',
            'Telegram refuses the token of this bot: remove it, and set it up again with a new one from @BotFather',
          )
        }
        return { instance: bot.instance, username }
      },
    },
  )
}

function adminRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listUserBots, async ({ actor, query }) => {
      const { page, limit } = query
      const { total, bots } = await listUserBots(database, actor, query)
      return { total, page, limit, total_pages: Math.ceil(total / limit), bots: bots.map(listed) }
    }),
    change(api.accessUserBot, async (tx, { actor, params }) => {
      const { user_id, bot_username } = await grantAccess(tx, actor, { user: params.user_id })
      return { success, user_id, bot_username, access_granted: true as const }
    }),
    change(api.suspendUserBot, async (tx, { actor, params, body }) => {
      const { instance: id } = await botOfUser(tx, actor, { user: params.user_id })
      await suspendInstance(tx, actor, { id, ...body })
      return { success, status: 'suspended' as const }
    }),
    change(api.activateUserBot, async (tx, { actor, params }) => {
      const { instance: id } = await botOfUser(tx, actor, { user: params.user_id })
      await activateInstance(tx, actor, { id })
      const { status, is_verified } = await botOfUser(tx, actor, { user: params.user_id })
      return { success, status, is_verified }
    }),
    change(api.limitUserBot, async (tx, { actor, params, body }) => {
      const { instance: id } = await botOfUser(tx, actor, { user: params.user_id })
      const limits = { rateLimitRps: body.rps, maxConcurrentRequests: body.max_concurrent }
      const { rate_limit_rps, max_concurrent_requests } = await editInstance(tx, actor, { id, ...limits })
      return { success, rate_limit_rps, max_concurrent_requests }
    }),
  ]
}

function listed({ user_id, bot_username, bot_id, status, is_verified, created_at, last_used_at }: UserBotView) {
  return { user_id, bot_username, bot_id, status, is_verified, created_at, last_used_at }
}
