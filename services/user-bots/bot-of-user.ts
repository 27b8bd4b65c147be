import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { UserBotView } from '../../domain/user-bot.ts'
import { readUserBots } from './read-user-bots.ts'

/**
 * The one bot of a user, for an admin. Throws `not_found`, and `conflict` where several bots name that owner: then a bot
 * is meant by its own id.
 */
export async function botOfUser(tx: Queryable, actor: Actor, input: { readonly user: string }): Promise<UserBotView> {
  assertMay(actor, 'user_bot.access')
  const { user } = input
  const [bot, another] = await readUserBots(tx, { user }, { limit: 2, offset: 0 })
  if (bot === undefined) throw new Failure('not_found', `Bot not found for user ${user}`)
  if (another !== undefined) {
    throw new Failure('conflict', `${user} owns several bots: name the one that you mean; ./botfleet list shows them`)
  }
  return bot
}
