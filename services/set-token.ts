import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { InstanceView } from '../domain/instance.ts'
import type { Keyring } from '../domain/keyring.ts'
import { parseTelegramToken } from '../domain/telegram-token.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'
import { storeCredential } from './store-credential.ts'

export interface SetToken {
  readonly id: string
  readonly token: string
  readonly keyring: Keyring
  /** What getMe said; left out when Telegram could not be asked. */
  readonly verified?: { readonly username: string | null } | undefined
}

/**
 * Replaces the token of a Telegram bot by a new one of the same bot: the way out of `token_invalid`. A worker that
 * runs or rests is started anew with it.
 */
export async function setToken(tx: Tx, actor: Actor, input: SetToken): Promise<InstanceView> {
  const { token, botId } = parseTelegramToken(input.token)
  const instance = await lockInstance(tx, actor, {
    id: input.id,
    permission: 'instance.set_token',
    command: 'set-token',
  })
  if (instance.platform !== 'telegram')
    throw new Failure('conflict', `${input.id} is a ${instance.platform} bot: it has no token`)
  if (instance.platform_bot_id !== botId) {
    throw new Failure(
      'conflict',
      `this token belongs to the bot ${botId}, but ${input.id} is the bot ${instance.platform_bot_id ?? 'none'}: a token of the same bot is needed`,
    )
  }
  await storeCredential(tx, input.keyring, { instanceId: input.id, kind: 'telegram_token', secret: token })
  await tx.query(
    `update instance set restart_requested = restart_requested + 1,
       verified_at = case when $2 then now() else verified_at end, platform_username = coalesce($3, platform_username)
     where id = $1`,
    [input.id, input.verified !== undefined, input.verified?.username ?? null],
  )
  await auditInstance(tx, actor, instance, 'set_token', { bot_id: botId, verified: input.verified !== undefined })
  return showInstance(tx, actor, { id: input.id })
}
