import type { Tx } from '../db/transaction.ts'
import type { Role } from '../domain/actor.ts'
import type { Platform } from '../domain/instance.ts'
import { appendAudit } from './append-audit.ts'
import { hashSecretToken } from './secret-token.ts'

export interface RedeemLinkCode {
  readonly code: string
  readonly platform: Platform
  readonly platformUserId: string
  /** Where it was redeemed: `bot:<instance>`. */
  readonly source: string
}

export interface RedeemedLink {
  /** `taken`: this chat identity belongs to somebody else already; the code stays good. */
  readonly result: 'linked' | 'unknown' | 'expired' | 'used' | 'taken'
  /** Whom the chat now speaks for; null unless linked. */
  readonly username: string | null
}

interface LinkedRow {
  user_id: string
  username: string
  role: Role
  tenant_id: string | null
}

/**
 * Binds a chat identity to the person a link code was made for. The verdict is one guarded statement: a code that is
 * redeemed twice at once links once, and a chat identity never moves to another person.
 */
export async function redeemLinkCode(tx: Tx, input: RedeemLinkCode): Promise<RedeemedLink> {
  const codeHash = hashSecretToken(input.code)
  const linked = await tx.query<LinkedRow>(
    `with good as (
       select c.code_hash, u.id as user_id, u.username, u.role, u.tenant_id
       from link_code c join app_user u on u.id = c.user_id
       where c.code_hash = $1 and c.used_at is null and c.expires_at > clock_timestamp() and u.disabled_at is null
       for update of c
     ), bound as (
       insert into chat_identity (platform, platform_user_id, user_id)
       select $2, $3, user_id from good
       on conflict (platform, platform_user_id) do update set linked_at = now()
         where chat_identity.user_id = excluded.user_id
       returning user_id
     ), spent as (
       update link_code set used_at = clock_timestamp()
       where code_hash in (select code_hash from good) and exists (select from bound)
     )
     select good.user_id, good.username, good.role, good.tenant_id from good join bound using (user_id)`,
    [codeHash, input.platform, input.platformUserId],
  )
  const person = linked.rows[0]
  if (person === undefined) return { result: await refusalOf(tx, codeHash), username: null }
  const actor = {
    name: `user:${person.username}`,
    userId: person.user_id,
    role: person.role,
    tenant: person.tenant_id,
    source: input.source,
  }
  await appendAudit(tx, actor, {
    action: 'user.link_chat',
    targetKind: 'user',
    targetId: person.user_id,
    tenantId: person.tenant_id,
    details: { username: person.username, platform: input.platform, platformUserId: input.platformUserId },
  })
  return { result: 'linked', username: person.username }
}

async function refusalOf(tx: Tx, codeHash: Buffer): Promise<Exclude<RedeemedLink['result'], 'linked'>> {
  const { rows } = await tx.query<{ used: boolean; expired: boolean; disabled: boolean }>(
    `select c.used_at is not null as used, c.expires_at <= clock_timestamp() as expired,
       u.disabled_at is not null as disabled
     from link_code c join app_user u on u.id = c.user_id where c.code_hash = $1`,
    [codeHash],
  )
  const code = rows[0]
  if (code === undefined || code.disabled) return 'unknown'
  if (code.used) return 'used'
  return code.expired ? 'expired' : 'taken'
}
