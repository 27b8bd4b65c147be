/**
 * The bot that an agent's user sets up for itself (seed 002): the one of its tenant whose owner is that user. A bot that
 * an operator made for the agent becomes its own when it is edited to that owner.
 */
import type { Queryable, Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { UserBotView } from '../../domain/user-bot.ts'
import { auditInstance } from '../audit-instance.ts'
import { createInstance, type MtprotoCredentials } from '../create-instance.ts'
import { deleteInstance } from '../delete-instance.ts'
import { lockInstance } from '../find-instance.ts'
import { readUserBots } from './read-user-bots.ts'

interface OwnBotOwner {
  readonly user: string
  readonly tenant: string
}

/** Throws `not_allowed` for everybody but an agent's user. */
function ownerOf(actor: Actor): OwnBotOwner {
  const { userId: user, tenant } = actor
  assertMay(actor, 'agent.self', tenant ?? undefined)
  if (user === null || tenant === null) throw new Failure('not_allowed', 'only a user of an agent has a bot of its own')
  return { user, tenant }
}

/** The own bot; undefined when there is none. */
export async function findOwnBot(tx: Queryable, actor: Actor): Promise<UserBotView | undefined> {
  const [bot] = await readUserBots(tx, ownerOf(actor), { limit: 1, offset: 0 })
  return bot
}

export interface CreateOwnBot {
  readonly name: string
  readonly server: string
  readonly keyring: Keyring
  readonly token: string
  readonly verified?: { readonly username: string | null } | undefined
  readonly mtproto?: MtprotoCredentials | undefined
}

/**
 * Registers the own bot as `new`; an operator approves it. Throws `usage` in the seed's words when there is one (S2-096),
 * and as `createInstance`.
 */
export async function createOwnBot(tx: Tx, actor: Actor, input: CreateOwnBot): Promise<UserBotView> {
  const { user, tenant } = ownerOf(actor)
  // Two requests at once follow one another here.
  await tx.query('select 1 from app_user where id = $1 for update', [user])
  if ((await findOwnBot(tx, actor)) !== undefined) throw new Failure('usage', 'User already has a bot configured')
  await createInstance(tx, actor, { ...input, platform: 'telegram', tenant, owner: user, permission: 'agent.self' })
  const bot = await findOwnBot(tx, actor)
  if (bot === undefined) throw new Error('the bot that was just made is not there')
  return bot
}

/** Notes what Telegram just said of the own bot's token; its status stays, a suspension too (S2-099). Throws `not_found`. */
export async function verifyOwnBot(
  tx: Tx,
  actor: Actor,
  input: { readonly instance: string; readonly username: string | null },
): Promise<UserBotView> {
  const instance = await lockInstance(tx, actor, { id: input.instance, permission: 'agent.self', command: 'edit' })
  await tx.query(
    `update instance set verified_at = now(), platform_username = coalesce($2, platform_username) where id = $1`,
    [instance.id, input.username],
  )
  await auditInstance(tx, actor, instance, 'verify')
  const bot = await findOwnBot(tx, actor)
  if (bot?.instance !== instance.id) throw new Failure('not_found', 'Bot not found')
  return bot
}

/** Deletes the own bot. Throws `not_found` in the seed's words (S2-105). */
export async function removeOwnBot(tx: Tx, actor: Actor): Promise<void> {
  const bot = await findOwnBot(tx, actor)
  if (bot === undefined) throw new Failure('not_found', 'No bot found')
  await deleteInstance(tx, actor, { id: bot.instance, permission: 'agent.self' })
}
