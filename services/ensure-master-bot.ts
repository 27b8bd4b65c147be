import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { InstanceView } from '../domain/instance.ts'
import type { Keyring } from '../domain/keyring.ts'
import { parseTelegramToken } from '../domain/telegram-token.ts'
import { masterTenant } from '../domain/tenant.ts'
import { appendAudit } from './append-audit.ts'
import { createInstance } from './create-instance.ts'
import { showInstance } from './show-instance.ts'

export interface MasterBot {
  readonly instance: InstanceView
  /** This call made or marked it. */
  readonly changed: boolean
}

/**
 * Makes the master bot of `BOT_TOKEN`, or marks the bot of that id as master, once (seed rows S3-083, S3-084). There is
 * one master bot; a second one is refused.
 */
export async function ensureMasterBot(
  tx: Tx,
  actor: Actor,
  input: { token: string; server: string; keyring: Keyring; verified?: { username: string | null } | undefined },
): Promise<MasterBot> {
  assertMay(actor, 'instance.create', masterTenant)
  await tx.query(`select pg_advisory_xact_lock(hashtext('botfleet master bot'))`)
  const { botId } = parseTelegramToken(input.token)
  const { rows } = await tx.query<{ id: string; is_master: boolean; tenant_id: string; platform_bot_id: string }>(
    `select id, is_master, tenant_id, platform_bot_id from instance
     where platform = 'telegram' and status <> 'deleted' and (platform_bot_id = $1 or is_master)`,
    [botId],
  )
  const same = rows.find((row) => row.platform_bot_id === botId)
  const other = rows.find((row) => row.is_master && row.platform_bot_id !== botId)
  if (other !== undefined) {
    throw new Failure(
      'conflict',
      `BOT_TOKEN belongs to the bot ${botId}, but ${other.id} is the master bot already: delete it first, or unset BOT_TOKEN`,
    )
  }
  if (same?.is_master === true) return { instance: await showInstance(tx, actor, { id: same.id }), changed: false }
  if (same !== undefined && same.tenant_id !== masterTenant) {
    throw new Failure(
      'conflict',
      `BOT_TOKEN belongs to ${same.id} of ${same.tenant_id}: the master bot must belong to the tenant master`,
    )
  }
  const id =
    same?.id ??
    (
      await createInstance(tx, actor, {
        platform: 'telegram',
        name: input.verified?.username ?? 'Master Bot',
        server: input.server,
        token: input.token,
        keyring: input.keyring,
        verified: input.verified,
      })
    ).id
  await tx.query('update instance set is_master = true where id = $1', [id])
  await appendAudit(tx, actor, {
    action: 'instance.mark_master',
    targetKind: 'instance',
    targetId: id,
    tenantId: masterTenant,
  })
  return { instance: await showInstance(tx, actor, { id }), changed: true }
}
