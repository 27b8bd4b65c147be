import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { UserBotStatus, UserBotView } from '../../domain/user-bot.ts'
import { countUserBots, readUserBots } from './read-user-bots.ts'

/** A page of the bots that belong to somebody, newest first, and how many there are (seed row S2-108). Pages begin at 1. */
export async function listUserBots(
  tx: Queryable,
  actor: Actor,
  input: { readonly status?: UserBotStatus | undefined; readonly page: number; readonly limit: number },
): Promise<{ readonly total: number; readonly bots: UserBotView[] }> {
  assertMay(actor, 'user_bot.access')
  const { status, page, limit } = input
  const bots = await readUserBots(tx, { status }, { limit, offset: (page - 1) * limit })
  return { total: await countUserBots(tx, { status }), bots }
}
