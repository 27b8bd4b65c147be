import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { UserBotView } from '../../domain/user-bot.ts'
import { auditInstance } from '../audit-instance.ts'
import { lockInstance } from '../find-instance.ts'
import { botOfUser } from './bot-of-user.ts'

/** Writes down that an admin looks into somebody's bot (seed rows S2-089, S2-113). Throws as `botOfUser`. */
export async function grantAccess(tx: Tx, actor: Actor, input: { readonly user: string }): Promise<UserBotView> {
  const bot = await botOfUser(tx, actor, input)
  const instance = await lockInstance(tx, actor, { id: bot.instance, permission: 'user_bot.access', command: 'edit' })
  await auditInstance(tx, actor, instance, 'access', { user: bot.user_id })
  return bot
}
